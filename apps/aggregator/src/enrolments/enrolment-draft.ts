import { type Instant, instantOf } from '@gridpact/kernel';
import { type BodyOf, type Opening, prepare } from '@gridpact/statement';
import type { EnrolmentRow } from './enrolment.entity.js';

/** What a draft follows from: when it was made, the program's statement, a fresh salt. */
export interface DraftOrigin {
  readonly at: Instant;
  readonly programStatement: string;
  readonly salt: Uint8Array;
}

/** The envelope of a contract in the very bytes that both sides will sign; the aggregator is the one who says it. */
export function draftEnrolment(contract: BodyOf<'enrolment.agreed'>, origin: DraftOrigin): EnrolmentRow {
  const { enrolment, aggregator, site, meter, program, user } = contract;
  const { payload, opening } = prepare({
    type: 'enrolment.agreed',
    at: origin.at,
    by: aggregator,
    subject: enrolment,
    parents: [origin.programStatement],
    body: contract,
    salt: origin.salt,
  });
  if (!opening) throw new Error('a committed body has an opening');
  const parties = { enrolment, tenant: aggregator, site, meter, program, user };
  const times = { startsAt: instantOf(contract.from), endsAt: null, draftedAt: origin.at };
  return { ...parties, ...times, contract, payload, salt: opening.salt, statement: null };
}

/** What opens a draft's commitment. */
export function openingOf({ salt, contract }: EnrolmentRow): Opening {
  return { salt, body: contract };
}
