import { formatInstant, instantOf, type Instant } from '@gridpact/kernel';
import { type KeyRing, parsePromise, verifyPromise } from '@gridpact/statement';
import type { Evidence, SealedStatement } from '../evidence.js';
import { nameOf } from './chain.js';
import { type Held, broken } from './report.js';

/**
 * Promises: each is signed by the service that says it received the statement, and `receivedAt` kept the deadline:
 * gate closure for nominations, the instruction's own `confirmBy` for answers.
 */
export function checkPromises(evidence: Evidence, ring: KeyRing): Held {
  let checked = 0;
  for (const sealed of evidence.statements) {
    const deadline = deadlineOf(evidence, sealed);
    if (!sealed.promise) {
      if (deadline !== undefined && sealed.body !== undefined)
        broken('promise_missing', nameOf(sealed), 'a statement with a deadline needs its promise');
      continue;
    }
    const receivedAt = receivedAtOf(sealed, sealed.promise, ring);
    if (deadline !== undefined && receivedAt > deadline) {
      broken(
        'deadline_passed',
        nameOf(sealed),
        `received ${formatInstant(receivedAt)}, deadline ${formatInstant(deadline)}`,
      );
    }
    checked += 1;
  }
  return { checked, detail: `${checked} promises signed by their receivers and in time` };
}

function receivedAtOf(sealed: SealedStatement, bytes: Uint8Array, ring: KeyRing): Instant {
  const parsed = parsePromise(bytes);
  if (!parsed.ok) return broken(parsed.refusal.code, nameOf(sealed), parsed.refusal.detail);
  const { promise } = parsed.value;
  if (promise.statement !== sealed.statement.leafHash)
    broken('promise_foreign', nameOf(sealed), `the promise is for ${promise.statement}`);
  const key = verifyPromise(parsed.value, (kid) => ring.at(kid, sealed.index));
  if (!key.ok) return broken(key.refusal.code, nameOf(sealed), `promise: ${key.refusal.detail}`);
  if (key.value.party !== promise.by || key.value.role !== 'service') {
    broken('promise_foreign', nameOf(sealed), `signed by ${key.value.party}, says it is by ${promise.by}`);
  }
  return promise.receivedAt;
}

function deadlineOf(evidence: Evidence, sealed: SealedStatement): Instant | undefined {
  const { type, parents, subject } = sealed.statement.envelope;
  if (type === 'nomination.committed') {
    const event = evidence.opened('event.announced').find(({ body }) => body.event === subject);
    return event && instantOf(event.body.gateClosesAt);
  }
  if (type !== 'curtailment.confirmed') return undefined;
  const instruction = evidence
    .opened('instruction.issued')
    .find(({ statement }) => parents.includes(statement.leafHash));
  return instruction && instantOf(instruction.body.confirmBy);
}
