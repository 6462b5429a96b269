import { type Result, ok, refuse } from '@gridpact/kernel';
import { bodyOf, parseEnvelope, signPayload } from '@gridpact/statement';
import { toBase64Url } from '@gridpact/tlog';
import * as shapes from './mobile-shapes.js';
import type { PhoneSession } from './phone-session.js';

/** A contract that the user has signed; the aggregator's signature completes the statement. */
export interface SignedEnrolment {
  readonly enrolment: string;
  /** Leaf hash (hex) of `enrolment.agreed`. */
  readonly statement: string;
}

/** Signs every draft that waits, after reading it: a phone signs nothing that does not say what the user is shown. */
export async function signEnrolments(session: PhoneSession): Promise<Result<readonly SignedEnrolment[]>> {
  const answer = await session.mobile.json({ method: 'GET', path: '/mobile/v1/enrolments' }, shapes.enrolments);
  if (!answer.ok) return answer;
  const signed: SignedEnrolment[] = [];
  for (const draft of answer.value.enrolments.filter(({ statement }) => statement === null)) {
    const outcome = await signDraft(session, draft);
    if (!outcome.ok) return outcome;
    signed.push(outcome.value);
  }
  return ok(signed);
}

async function signDraft(session: PhoneSession, draft: shapes.EnrolmentView): Promise<Result<SignedEnrolment>> {
  const read = readDraft(draft, session.party);
  if (!read.ok) return read;
  const { protectedHeader, signature } = await signPayload(draft.payload, 'gridpact-statement', session.key.signer);
  const path = `/mobile/v1/enrolments/${encodeURIComponent(draft.enrolment)}/signature`;
  const body = { protected: protectedHeader, signature: toBase64Url(signature) };
  const answer = await session.mobile.json(
    { method: 'POST', path, body, idempotencyKey: draft.enrolment },
    shapes.taken,
  );
  return answer.ok ? ok({ enrolment: draft.enrolment, statement: answer.value.statement }) : answer;
}

/** The payload must be the contract that was opened, about this enrolment and this user. */
function readDraft({ enrolment, payload, opening }: shapes.EnrolmentView, party: string): Result<void> {
  const envelope = parseEnvelope(payload);
  if (!envelope.ok) return envelope;
  const { type, subject } = envelope.value;
  if (type !== 'enrolment.agreed' || subject !== enrolment) {
    return refuse('foreign_draft', `what is to be signed is a ${type} about ${subject}`);
  }
  const contract = bodyOf({ ...envelope.value, type }, opening);
  if (!contract.ok) return contract;
  if (contract.value.user === party && contract.value.enrolment === enrolment) return ok(undefined);
  return refuse('foreign_draft', `the contract binds ${contract.value.user}, not ${party}`);
}
