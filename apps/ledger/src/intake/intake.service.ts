import { setTimeout as delay } from 'node:timers/promises';
import { type Result, ok } from '@gridpact/kernel';
import type { Submission } from '@gridpact/contracts';
import { traceHeaders } from '@gridpact/platform/telemetry';
import { toBase64 } from '@gridpact/tlog';
import { type Arrival, type Outcome, arrivalOf, isUnreadable } from '../admit/candidate.js';
import type { LedgerParts } from '../ledger.js';
import type { LedgerRefusal } from '../rules/refusal.js';

/** Longest wait of a request for its receipt, and how often it looks. */
export const RECEIPT_WAIT_MS = 20_000;
const LOOK_EVERY_MS = 25;

/** Answer to a statement that was taken: in the log at its index, or waiting for a parent. */
export interface Taken {
  readonly statement: string;
  readonly state: 'sequenced' | 'waiting';
  readonly index: number | null;
  /** Base64 of the ledger's own promise. */
  readonly promise: string;
  /** True when a published checkpoint covers it already. */
  readonly sealed: boolean;
}

/** Takes submissions from HTTP and Kafka and lines them up for the integrator. */
export class IntakeService {
  constructor(private readonly parts: LedgerParts) {}

  /** Takes one statement; with `untilSealed` answers only when it is sealed, or after {@link RECEIPT_WAIT_MS}. */
  async take(submission: Submission, untilSealed: boolean): Promise<Result<Taken, LedgerRefusal>> {
    const { integrator, sequencer, promises } = this.parts;
    const arrival = arrivalOf(submission, integrator.ring());
    if (isUnreadable(arrival)) return { ok: false, refusal: arrival.refusal };
    const { leafHash } = arrival.statement;
    const own = await promises.promise(leafHash);
    // Before the genesis names the ledger's key, its promise proves nothing in the log, and is answered only.
    const known = integrator.ring().at(promises.kid, Number.MAX_SAFE_INTEGER) !== undefined;
    const promised = known && !arrival.promise ? { ...arrival, promise: own } : arrival;
    const [outcome] = await sequencer.submit([{ ...promised, ...traceOf(traceHeaders()) }]);
    if (!outcome || outcome.state === 'replayed') throw new Error('a request is never a replay');
    if (outcome.state === 'refused') return { ok: false, refusal: outcome.refusal };
    if (untilSealed) await this.#sealed(outcome);
    return ok(this.#answer(outcome, own.bytes));
  }

  /** Takes a batch of messages in order; resolves when the outcome of each is committed. */
  async takeMessages(
    messages: readonly { id: string; value: Submission; headers: Readonly<Record<string, string>> }[],
  ): Promise<void> {
    const ring = this.parts.integrator.ring();
    const arrivals = messages.map(({ id, value, headers }): Arrival => {
      const arrival = arrivalOf(value, ring, id);
      return isUnreadable(arrival) ? arrival : { ...arrival, ...traceOf(headers) };
    });
    await this.parts.sequencer.submit(arrivals);
  }

  #answer(outcome: Outcome, promise: Uint8Array): Taken {
    const index = outcome.state === 'sequenced' ? outcome.index : null;
    return {
      statement: outcome.leafHash,
      state: index === null ? 'waiting' : 'sequenced',
      index,
      promise: toBase64(promise),
      sealed: this.#isSealed(index),
    };
  }

  async #sealed(outcome: Outcome): Promise<void> {
    if (outcome.state !== 'sequenced') return;
    const until = performance.now() + RECEIPT_WAIT_MS;
    while (!this.#isSealed(outcome.index) && performance.now() < until) await delay(LOOK_EVERY_MS);
  }

  #isSealed(index: number | null): boolean {
    return index !== null && index < this.parts.publisher.published.size;
  }
}

function traceOf(headers: Readonly<Record<string, string>>): { traceparent?: string } {
  const traceparent = headers['traceparent'];
  return traceparent ? { traceparent } : {};
}
