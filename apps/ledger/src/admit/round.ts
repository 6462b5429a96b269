import type { MachineInstant } from '@gridpact/kernel';
import type { KeyInLog, KeyRing } from '@gridpact/statement';
import type { Facts, Known, LogIdentity } from '../rules/facts.js';
import { admit } from './admission.js';
import { type Arrival, type Candidate, type Outcome, isUnreadable } from './candidate.js';
import { type HeldClaim, claimName } from '../store/claim-store.js';
import { MAX_WAITING, MAX_WAIT_MS } from '../integrate/waiting-room.js';

/** What one round of the integrator starts from, read inside its transaction. */
export interface RoundStart {
  readonly log: LogIdentity;
  readonly size: number;
  /** A copy that this round may teach. */
  readonly ring: KeyRing;
  readonly indices: ReadonlyMap<string, number>;
  readonly known: ReadonlyMap<string, Known>;
  readonly holders: ReadonlyMap<string, string>;
  /** Message ids that were not seen before. */
  readonly fresh: ReadonlySet<string>;
  readonly waiting: number;
  readonly now: MachineInstant;
}

/** A candidate that enters the log, at its index. */
export interface Entering {
  readonly index: number;
  readonly candidate: Candidate;
}

/**
 * Decides arrivals one after the other, each on top of those before it, without touching a store: of two that conflict,
 * the later sees the earlier. What it collects is written in the same transaction, or never.
 */
export class Round {
  readonly entering: Entering[] = [];
  readonly parking: Candidate[] = [];
  readonly held: HeldClaim[] = [];
  readonly keys: KeyInLog[] = [];
  readonly #start: RoundStart;
  readonly #indices: Map<string, number>;
  readonly #known: Map<string, Known>;
  readonly #holders: Map<string, string>;

  constructor(start: RoundStart) {
    this.#start = start;
    this.#indices = new Map(start.indices);
    this.#known = new Map(start.known);
    this.#holders = new Map(start.holders);
  }

  /** Keys after what entered so far. */
  get ring(): KeyRing {
    return this.#start.ring;
  }

  /** What becomes of an arrival. */
  decide(arrival: Arrival): Outcome {
    const leafHash = isUnreadable(arrival) ? arrival.leafHash : arrival.statement.leafHash;
    if (arrival.messageId && !this.#start.fresh.has(arrival.messageId)) return { leafHash, state: 'replayed' };
    if (isUnreadable(arrival)) return { leafHash, state: 'refused', refusal: arrival.refusal };
    const index = this.#indices.get(leafHash);
    if (index !== undefined) return { leafHash, state: 'sequenced', index, again: true };
    const missing = arrival.statement.envelope.parents.filter((parent) => !this.#known.has(parent));
    return missing.length > 0 ? this.#wait(arrival, missing) : this.#enter(arrival);
  }

  #wait(candidate: Candidate, missing: readonly string[]): Outcome {
    const { leafHash } = candidate.statement;
    const since = candidate.waited?.since;
    const full = since === undefined && this.#start.waiting + this.parking.length >= MAX_WAITING;
    if (full || (since !== undefined && this.#start.now - since > MAX_WAIT_MS)) {
      const why = full ? 'too many statements wait already' : `waited ${MAX_WAIT_MS} ms`;
      const detail = `the log has no statement ${missing.join(', ')}; ${why}`.slice(0, 1000);
      return { leafHash, state: 'refused', refusal: { code: 'unknown_parent', detail } };
    }
    if (since === undefined) this.parking.push(candidate);
    return { leafHash, state: 'waiting', missing };
  }

  #enter(candidate: Candidate): Outcome {
    const { statement, opening } = candidate;
    const { leafHash } = statement;
    const index = this.#start.size + this.entering.length;
    const admitted = admit(candidate, this.#start.ring, this.#factsAt(index));
    if (!admitted.ok) return { leafHash, state: 'refused', refusal: admitted.refusal };
    this.entering.push({ index, candidate });
    this.keys.push(...this.#start.ring.learn(statement, index));
    this.#known.set(leafHash, { index, statement, ...(opening && { opening }) });
    this.#indices.set(leafHash, index);
    for (const claim of admitted.value.claims) {
      this.held.push({ ...claim, leafHash });
      this.#holders.set(claimName(claim), leafHash);
    }
    return { leafHash, state: 'sequenced', index, again: false };
  }

  #factsAt(size: number): Facts {
    return {
      log: this.#start.log,
      size,
      known: (leafHash) => this.#known.get(leafHash),
      holder: (scope, key) => this.#holders.get(claimName({ scope, key })),
    };
  }
}
