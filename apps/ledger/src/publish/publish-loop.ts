import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, metrics } from '@gridpact/platform/telemetry';
import { Gauge } from 'prom-client';
import { LogCorrupt } from '../store/log-store.js';
import type { PublishOutcome, Publisher } from './publisher.js';

/** Checkpoints follow each other at least so far apart, so that many entries share one. */
export const PUBLISH_INTERVAL_MS = 250;
/** Longest pause while the quorum is lost or the database away; the pause doubles up to it. */
const LONGEST_PAUSE_MS = 5_000;

const quorum = new Gauge({
  name: 'gridpact_ledger_quorum',
  help: '1 while checkpoints get their quorum of cosignatures, 0 while it is lost',
  registers: [metrics],
});
const publishedSize = new Gauge({
  name: 'gridpact_ledger_published_size',
  help: 'Entries that a published checkpoint covers',
  registers: [metrics],
});

/** Publishes what is new, again and again, until told to stop. A lost quorum is an alarm and a longer pause, no more. */
export class PublishLoop {
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #news = true;
  #pauseMs = PUBLISH_INTERVAL_MS;

  constructor(
    private readonly publisher: Publisher,
    private readonly freeze: (why: string) => void,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.#running ??= this.#run();
  }

  /** Says that the log grew. */
  readonly grown = (): void => {
    this.#news = true;
    this.#wake?.();
  };

  /** Ends after the attempt that runs. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      if (this.#news) await this.#attempt();
      await this.#idle();
    }
  }

  async #attempt(): Promise<void> {
    this.#news = false;
    try {
      this.#note(await this.publisher.publish());
    } catch (error) {
      if (error instanceof LogCorrupt) return this.#freeze(error);
      this.log.error({ err: error }, 'publishing failed; trying again');
      this.#slowDown();
    }
  }

  #note(outcome: PublishOutcome): void {
    if (outcome === 'quorum-missing') {
      if (this.#pauseMs === PUBLISH_INTERVAL_MS) this.log.error('quorum lost: entries are sequenced and not published');
      quorum.set(0);
      return this.#slowDown();
    }
    if (this.#pauseMs > PUBLISH_INTERVAL_MS && outcome === 'published') this.log.info('publishing again');
    this.#pauseMs = PUBLISH_INTERVAL_MS;
    quorum.set(1);
    publishedSize.set(this.publisher.published.size);
    // More may have come meanwhile, or may have been left for the next checkpoint.
    this.#news ||= outcome === 'published';
  }

  #slowDown(): void {
    this.#news = true;
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  #freeze(error: LogCorrupt): void {
    this.#stopping.abort();
    this.freeze(error.message);
  }

  /** Pauses while there is news, so that entries gather; else waits for news. */
  async #idle(): Promise<void> {
    if (this.#news) await delay(this.#pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    if (this.#news || this.#stopping.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    this.#wake = undefined;
  }
}
