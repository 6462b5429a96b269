import { type Instant, type Result, formatInstant, ok, refuse } from '@gridpact/kernel';
import type { BodyOf, Draft, PartyKey } from '@gridpact/statement';

/** Party of the log that countersigns registrations. */
const REGISTRY = 'registry';

/** Who says it, and when by the server's clock; the salt hides a committed body. */
export interface Speaker {
  readonly party: string;
  readonly now: Instant;
  readonly salt: Uint8Array;
}

/** An instruction as the phone needs it to answer. */
export interface Asked {
  /** Leaf hash (hex) of `instruction.issued`. */
  readonly statement: string;
  readonly body: BodyOf<'instruction.issued'>;
}

/** A user's answer; `watts` are per interval of the instruction, and belong to `part`. */
export type Answer =
  { readonly answer: 'full' | 'declined' } | { readonly answer: 'part'; readonly watts: readonly bigint[] };

/** `party.registered`: the phone's first key, which also signs it. */
export function registrationDraft(key: PartyKey, { party, now }: Omit<Speaker, 'salt'>): Draft<'party.registered'> {
  const body = { party, role: 'user', operator: null, keys: [key], registrar: REGISTRY } as const;
  return { type: 'party.registered', at: now, by: party, subject: party, parents: [], body: { ...body, keys: [key] } };
}

/** `curtailment.confirmed`: follows from the instruction, and from the earlier answer that it replaces. */
export function confirmationDraft(
  { statement, body: { instruction, event, site, intervals: asked } }: Asked,
  answer: Answer,
  earlier: string | null,
  speaker: Speaker,
): Result<Draft<'curtailment.confirmed'>, 'watts_mismatch'> {
  if (answer.answer === 'part' && answer.watts.length !== asked.length) {
    return refuse('watts_mismatch', `the instruction has ${asked.length} intervals, not ${answer.watts.length}`);
  }
  const intervals = answeredIntervals(asked, answer);
  const parents = earlier === null ? [statement] : [statement, earlier];
  const body = {
    instruction,
    event,
    site,
    answer: answer.answer,
    intervals,
    earlier,
    via: 'phone',
    offer: null,
  } as const;
  return ok({ type: 'curtailment.confirmed', ...said(speaker, event), parents, body: { ...body, intervals } });
}

/** `curtailment.withdrawn`: leaves a running event from `effectiveAt` on. */
export function withdrawalDraft(
  confirmation: { readonly statement: string; readonly event: string; readonly site: string },
  effectiveAt: Instant,
  reason: string,
  speaker: Speaker,
): Draft<'curtailment.withdrawn'> {
  const { statement, event, site } = confirmation;
  const body = { confirmation: statement, event, site, effectiveAt: formatInstant(effectiveAt), reason };
  return { type: 'curtailment.withdrawn', ...said(speaker, event), parents: [statement], body };
}

/** `standing-offer.signed`: within these limits the aggregator may answer for the user. */
export function standingOfferDraft(
  enrolmentStatement: string,
  body: BodyOf<'standing-offer.signed'>,
  speaker: Speaker,
): Draft<'standing-offer.signed'> {
  return { type: 'standing-offer.signed', ...said(speaker, body.enrolment), parents: [enrolmentStatement], body };
}

/** `dispute.raised`: contests the user's line of a settlement run. */
export function disputeDraft(body: BodyOf<'dispute.raised'>, speaker: Speaker): Draft<'dispute.raised'> {
  return { type: 'dispute.raised', ...said(speaker, body.event), parents: [body.settlement], body };
}

function said(
  { party, now, salt }: Speaker,
  subject: string,
): { at: Instant; by: string; subject: string; salt: Uint8Array } {
  return { at: now, by: party, subject, salt };
}

type WattIntervals = BodyOf<'instruction.issued'>['intervals'];

function answeredIntervals(asked: WattIntervals, answer: Answer): WattIntervals {
  switch (answer.answer) {
    case 'full':
      return asked;
    case 'declined':
      return [];
    case 'part':
      return asked.map((interval, at) => ({ ...interval, watt: String(answer.watts[at] ?? 0n) }));
  }
}
