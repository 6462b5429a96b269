import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@gridpact/platform/telemetry';
import type { Pool } from 'pg';
import type { Arrival, Outcome } from '../admit/candidate.js';
import type { Integrator } from './integrator.js';
import { LogCorrupt } from '../store/log-store.js';
import type { WaitingRoom } from './waiting-room.js';

/** Arrivals of one transaction at most. */
export const MAX_BATCH = 1_024;
/** Arrivals that may queue at most; more are turned away until the log has caught up. */
export const MAX_QUEUED = 16_384;
/** Those who wait for a parent are looked at so often, beside after each batch that brought something new. */
const SWEEP_INTERVAL_MS = 1_000;

/** The ledger takes nothing now: `busy` passes by itself, `frozen` needs a person. */
export class IntakeClosed extends Error {
  override readonly name = 'IntakeClosed';

  constructor(
    readonly reason: 'busy' | 'frozen',
    message: string,
  ) {
    super(message);
  }
}

interface Queued {
  readonly arrivals: readonly Arrival[];
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Lines arrivals of all sources up and hands them to the integrator in batches, one at a time. */
export class Sequencer {
  #queue: Queued[] = [];
  #queued = 0;
  #closed: IntakeClosed | undefined;
  #running: Promise<void> | undefined;
  #sweeping: Promise<void> | undefined;
  readonly #stopping = new AbortController();

  constructor(
    private readonly integrator: Integrator,
    private readonly waitingRoom: WaitingRoom,
    private readonly pool: Pool,
    private readonly log: Logger,
    /** Called after each batch that grew the log. */
    private readonly grown: () => void,
  ) {}

  /** Begins to look after those who wait. */
  start(): void {
    this.#sweeping ??= this.#sweepNowAndThen();
  }

  /** Looks after nobody any more; what is submitted still goes in, until intake stops. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#sweeping;
  }

  /** Takes nothing any more, because the log must not grow; a person has to look. */
  freeze(why: string): void {
    this.#closed = new IntakeClosed('frozen', why);
    this.log.fatal({ why }, 'the log is frozen');
  }

  /** Why the log is frozen; undefined when it is not. */
  get frozen(): string | undefined {
    return this.#closed?.reason === 'frozen' ? this.#closed.message : undefined;
  }

  /** Outcomes of arrivals, in their order, once committed. Throws {@link IntakeClosed}, or as the database does. */
  submit(arrivals: readonly Arrival[]): Promise<readonly Outcome[]> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (this.#queued + arrivals.length > MAX_QUEUED) {
      return Promise.reject(new IntakeClosed('busy', `${this.#queued} statements queue already`));
    }
    const { promise, resolve, reject } = Promise.withResolvers<readonly Outcome[]>();
    this.#queue.push({ arrivals, resolve, reject });
    this.#queued += arrivals.length;
    this.#running ??= this.#drain();
    return promise;
  }

  async #drain(): Promise<void> {
    // Everything that arrives in this turn of the loop shares a transaction.
    await delay(0);
    while (this.#queue.length > 0) await this.#integrateBatch(this.#takeBatch());
    this.#running = undefined;
  }

  #takeBatch(): Queued[] {
    let count = 0;
    const end = this.#queue.findIndex(({ arrivals }) => (count += arrivals.length) > MAX_BATCH);
    const batch = this.#queue.splice(0, end === -1 ? this.#queue.length : Math.max(1, end));
    for (const { arrivals } of batch) this.#queued -= arrivals.length;
    return batch;
  }

  async #integrateBatch(batch: readonly Queued[]): Promise<void> {
    try {
      if (this.#closed?.reason === 'frozen') throw this.#closed;
      const outcomes = await this.integrator.integrate(batch.flatMap(({ arrivals }) => arrivals));
      let at = 0;
      for (const { arrivals, resolve } of batch) resolve(outcomes.slice(at, (at += arrivals.length)));
      if (outcomes.some((outcome) => outcome.state === 'sequenced' && !outcome.again)) await this.#afterGrowth();
    } catch (error) {
      if (error instanceof LogCorrupt) this.freeze(error.message);
      for (const { reject } of batch) reject(error);
    }
  }

  async #afterGrowth(): Promise<void> {
    this.grown();
    await this.#queueWaiting().catch((error: unknown) => this.log.warn({ err: error }, 'waiting room not read'));
  }

  async #sweepNowAndThen(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await delay(SWEEP_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.#sweep();
    }
  }

  async #sweep(): Promise<void> {
    try {
      await this.#queueWaiting();
    } catch (error) {
      this.log.warn({ err: error }, 'waiting room not read');
    }
  }

  /** Those who wait queue again; whoever still lacks a parent goes back, or out when its time is over. */
  async #queueWaiting(): Promise<void> {
    if (this.#closed || this.#queued > MAX_QUEUED / 2) return;
    const waiting = await this.waitingRoom.list(this.pool);
    if (waiting.length === 0) return;
    this.submit(waiting).catch((error: unknown) => this.log.warn({ err: error }, 'waiting statements not integrated'));
  }
}
