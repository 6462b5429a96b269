import { type Refusal, required } from '@gridpact/kernel';
import { topics } from '@gridpact/contracts';
import type { MachineClock } from '@gridpact/platform/clock';
import { type Outbox, onceOnly } from '@gridpact/platform/outbox';
import { inTransaction, isSqlState } from '@gridpact/platform/postgres';
import { KeyRing } from '@gridpact/statement';
import { type TreeEdge, edgeRoot, fromHex, growEdge, sameBytes } from '@gridpact/tlog';
import type { Pool, PoolClient } from 'pg';
import type { BodyStore } from '../bodies/body-store.js';
import type { LogIdentity } from '../rules/facts.js';
import { claimsBefore } from '../admit/admission.js';
import { type Arrival, type Candidate, type Outcome, isUnreadable } from '../admit/candidate.js';
import { readHolders, writeHolders } from '../store/claim-store.js';
import { readKeys, writeKeys } from '../store/key-store.js';
import { readIndices, readKnown } from '../store/known-store.js';
import {
  type LogState,
  LogStateMoved,
  type NewEntry,
  appendEntries,
  queueUp,
  readCommittedEdge,
  readState,
  swapState,
  takeOver,
  writeTiles,
} from '../store/log-store.js';
import { type Entering, Round } from '../admit/round.js';
import type { WaitingRoom } from './waiting-room.js';

/** Runs of one batch before a log that keeps moving under us is passed on as an error. */
const MAX_ATTEMPTS = 5;
const UNIQUE_VIOLATION = '23505';
/** Name of the effect under which message ids are recorded. */
const CONSUMER = 'ledger.submission';

/** What the integrator works with. */
export interface IntegratorParts {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly bodies: BodyStore;
  readonly waitingRoom: WaitingRoom;
  readonly log: LogIdentity;
  readonly clock: MachineClock;
}

/** The tree and keys at a committed state, kept so that the next batch need not read them. */
interface Held {
  readonly state: LogState;
  readonly edge: TreeEdge;
  readonly ring: KeyRing;
}

/**
 * The one writer of the log. A batch is one transaction: entries, tiles, claims, keys, bodies, message ids, outbox and
 * the log's state, which moves by compare-and-swap on (size, root, epoch), so that of two integrators only one can.
 */
export class Integrator {
  #held: Held | undefined;
  #epoch: bigint | undefined;

  constructor(private readonly parts: IntegratorParts) {}

  /** Keys as of the last batch: good enough to refuse early and to list, never to accept. */
  ring(): KeyRing {
    return this.#held?.ring ?? new KeyRing();
  }

  /** Takes the log over and loads its edge and keys. */
  async start(): Promise<LogState> {
    const state = await takeOver(this.parts.pool);
    this.#epoch = state.epoch;
    this.#held = await inTransaction(this.parts.pool, (tx) => this.#load(tx, state));
    return state;
  }

  /** Integrates arrivals in order; all outcomes are committed when it resolves, none when it throws. */
  async integrate(arrivals: readonly Arrival[]): Promise<readonly Outcome[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const seize = attempt > 1;
        const { outcomes, held } = await inTransaction(this.parts.pool, (tx) => this.#integrateIn(tx, arrivals, seize));
        this.#held = held;
        this.#epoch = held.state.epoch;
        return outcomes;
      } catch (error) {
        const moved = error instanceof LogStateMoved || isSqlState(error, UNIQUE_VIOLATION);
        if (!moved || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** `seize` takes the log over within the transaction, so that no other integrator can come in between. */
  async #integrateIn(
    tx: PoolClient,
    arrivals: readonly Arrival[],
    seize: boolean,
  ): Promise<{ outcomes: Outcome[]; held: Held }> {
    await queueUp(tx);
    const state = seize ? await takeOver(tx) : await readState(tx);
    if (!seize && state.epoch !== this.#epoch) throw new LogStateMoved(`epoch ${state.epoch} took the log over`);
    const held = this.#isHeld(state) ? { ...required(this.#held, 'held state'), state } : await this.#load(tx, state);
    const { round, waiting } = await this.#beginRound(tx, held, arrivals);
    const outcomes = arrivals.map((arrival) => round.decide(arrival));
    const next = await this.#append(tx, held, round);
    await this.#writeRest(tx, round, outcomes, waiting);
    return { outcomes, held: next };
  }

  async #beginRound(
    tx: PoolClient,
    { state, ring }: Held,
    arrivals: readonly Arrival[],
  ): Promise<{ round: Round; waiting: number }> {
    const { log, clock, bodies, waitingRoom } = this.parts;
    const candidates = arrivals.filter((arrival): arrival is Candidate => !isUnreadable(arrival));
    const waiting = await waitingRoom.count(tx);
    const round = new Round({
      log,
      size: state.size,
      ring: new KeyRing(ring.keys()),
      indices: await readIndices(
        tx,
        candidates.map(({ statement }) => statement.leafHash),
      ),
      known: await readKnown(tx, bodies, candidates),
      holders: await readHolders(tx, candidates.flatMap(claimsBefore)),
      fresh: await this.#freshIds(tx, arrivals),
      waiting,
      now: clock.now(),
    });
    return { round, waiting };
  }

  async #freshIds(tx: PoolClient, arrivals: readonly Arrival[]): Promise<ReadonlySet<string>> {
    const ids = arrivals.flatMap(({ messageId }) => messageId ?? []);
    return ids.length === 0 ? new Set() : onceOnly(tx, CONSUMER, ids);
  }

  async #append(tx: PoolClient, held: Held, round: Round): Promise<Held> {
    if (round.entering.length === 0) return held;
    const entries = round.entering.map(entryOf);
    const { edge, tiles } = growEdge(
      held.edge,
      entries.map(({ leafHash }) => leafHash),
    );
    const root = edgeRoot(edge);
    await swapState(tx, held.state, edge.size, root);
    await appendEntries(tx, entries);
    await writeTiles(tx, tiles);
    await writeHolders(tx, round.held);
    await writeKeys(tx, round.keys);
    await this.parts.bodies.keep(tx, keptBodies(round.entering));
    return { state: { ...held.state, size: edge.size, root }, edge, ring: round.ring };
  }

  async #writeRest(tx: PoolClient, round: Round, outcomes: readonly Outcome[], waiting: number): Promise<void> {
    const { waitingRoom, clock } = this.parts;
    for (const candidate of round.parking) await waitingRoom.admit(tx, candidate, clock.now());
    const settled = outcomes.filter(({ state }) => state === 'sequenced' || state === 'refused');
    if (waiting > 0)
      await waitingRoom.dismiss(
        tx,
        settled.map(({ leafHash }) => leafHash),
      );
    for (const outcome of outcomes) {
      if (outcome.state === 'refused') await this.#tellRefusal(tx, outcome.leafHash, outcome.refusal);
    }
  }

  async #tellRefusal(tx: PoolClient, statement: string, { code, detail }: Refusal): Promise<void> {
    const value = { statement, code, detail: detail.slice(0, 1000) };
    await this.parts.outbox.add(tx, { topic: topics.refusal, key: statement, value });
  }

  async #load(tx: PoolClient, state: LogState): Promise<Held> {
    return { state, edge: await readCommittedEdge(tx, state), ring: await readKeys(tx) };
  }

  #isHeld(state: LogState): boolean {
    const held = this.#held?.state;
    return held !== undefined && held.size === state.size && sameBytes(held.root, state.root);
  }
}

function entryOf({ index, candidate }: Entering): NewEntry {
  const { envelope, entry, leafHash } = candidate.statement;
  return {
    index,
    leafHash: fromHex(leafHash),
    bytes: entry,
    type: envelope.type,
    subject: envelope.subject,
    saidBy: envelope.by,
    promise: candidate.promise?.bytes ?? null,
    traceparent: candidate.traceparent ?? null,
  };
}

function keptBodies(entering: readonly Entering[]) {
  return entering.flatMap(({ candidate: { statement, opening, audience } }) =>
    opening && !('open' in statement.envelope.body)
      ? [{ leafHash: statement.leafHash, subject: statement.envelope.subject, audience, opening }]
      : [],
  );
}
