import type { MachineClock } from '@gridpact/platform/clock';
import type { Outbox } from '@gridpact/platform/outbox';
import type { Logger } from '@gridpact/platform/telemetry';
import {
  EMPTY_EDGE,
  type NoteSigner,
  type Policy,
  TileTree,
  type TreeEdge,
  type TreeHead,
  addSignatures,
  edgeRoot,
  formatCheckpoint,
  isQuorum,
  openByPolicy,
  readEdge,
  sameBytes,
  signNote,
} from '@gridpact/tlog';
import type { Pool } from 'pg';
import { LogCorrupt, type LogState, readState, tileReader } from '../store/log-store.js';
import type { CheckpointLock } from './checkpoint-lock.js';
import { type Growth, readGrowth } from './growth.js';
import type { LogCache } from './log-cache.js';
import { type Publication, commitPublication, readPublication } from './publication.js';
import { type WitnessClient, collectCosignatures, cosignerNames } from './witnesses.js';

/** Entries that one checkpoint adds at most; after a long loss of the quorum several follow each other. */
export const MAX_PUBLISHED_ENTRIES = 16_384;

/** What the publisher works with. */
export interface PublisherParts {
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly lock: CheckpointLock;
  readonly cache: LogCache;
  readonly signer: NoteSigner;
  readonly policy: Policy;
  readonly witnesses: readonly WitnessClient[];
  readonly clock: MachineClock;
  readonly log: Logger;
}

/** What became of one attempt to publish. */
export type PublishOutcome = 'nothing-new' | 'published' | 'quorum-missing';

/** Published tree, as it is served: the checkpoint, its size, and the edge to grow from. */
interface Published extends Publication {
  readonly edge: TreeEdge;
}

/**
 * Second step of the log: signs what was committed, and only that. Order: read and hash again, sign, move the lock, collect
 * cosignatures, and at the quorum write tiles, then the checkpoint, then the receipts. A crash anywhere repeats the rest.
 */
export class Publisher {
  #published: Published = { size: 0, checkpoint: '', edge: EMPTY_EDGE };

  constructor(private readonly parts: PublisherParts) {}

  /** What is published; nothing beyond it may be served. */
  get published(): Publication {
    return this.#published;
  }

  /**
   * Takes up where the last process stopped. Throws {@link LogCorrupt} when the database is behind what the log key has
   * signed (a restored backup) or contradicts it: then nothing may be sequenced or published.
   */
  async start(): Promise<void> {
    const state = await readState(this.parts.pool);
    await this.#checkedLock(state);
    const committed = await readPublication(this.parts.pool);
    this.#published = await this.#restored(committed);
    const cached = await this.parts.cache.checkpoint();
    if (cached !== committed.checkpoint) await this.#resume(cached, state);
  }

  /** Publishes what is new, if the quorum cosigns. */
  async publish(): Promise<PublishOutcome> {
    const state = await readState(this.parts.pool);
    const locked = await this.#checkedLock(state);
    const from = this.#published;
    const size = Math.max(locked.size, Math.min(state.size, from.size + MAX_PUBLISHED_ENTRIES));
    if (size === from.size) return 'nothing-new';
    const growth = await this.#checkedGrowth(from.edge, size, state);
    const note = await this.#sign(growth.head);
    await this.parts.lock.swap(locked, growth.head, note);
    const checkpoint = await this.#cosigned(note, size);
    if (checkpoint === undefined) return 'quorum-missing';
    await this.#publish(checkpoint, growth);
    return 'published';
  }

  async #checkedGrowth(from: TreeEdge, size: number, state: LogState): Promise<Growth> {
    const growth = await readGrowth(this.parts.pool, from, size);
    if (size === state.size && !sameBytes(growth.head.root, state.root)) {
      throw new LogCorrupt(`the entries do not have the committed root at size ${size}`);
    }
    return growth;
  }

  /** The head under lock, once the committed tree is proved to extend it. */
  async #checkedLock(state: LogState): Promise<TreeHead> {
    const locked = await this.parts.lock.read();
    if (locked.size > state.size) {
      throw new LogCorrupt(`the log key signed size ${locked.size}, the database ends at ${state.size}: it is older`);
    }
    const root = await new TileTree(locked.size, tileReader(this.parts.pool)).root();
    if (!sameBytes(root, locked.root)) throw new LogCorrupt(`the log key signed another tree of size ${locked.size}`);
    return locked;
  }

  async #sign({ size, root }: TreeHead): Promise<string> {
    const { signer } = this.parts;
    return signNote(formatCheckpoint({ origin: signer.vkey.name, size, root, extensions: [] }), [signer]);
  }

  async #cosigned(note: string, size: number): Promise<string | undefined> {
    const { witnesses, policy, pool, log } = this.parts;
    const tree = new TileTree(size, tileReader(pool));
    const proofFrom = (oldSize: number) => tree.consistencyProof(oldSize);
    const answers = await collectCosignatures(witnesses, { note, size, proofFrom }, (names) => isQuorum(policy, names));
    for (const answer of answers) {
      if ('failure' in answer) log.warn({ size, ...answer }, 'a witness did not cosign');
    }
    if (!isQuorum(policy, cosignerNames(answers))) return undefined;
    const lines = answers.flatMap((answer) => ('cosignatures' in answer ? answer.cosignatures : []));
    return addSignatures(note, lines);
  }

  async #publish(checkpoint: string, growth: Growth): Promise<void> {
    const { cache, policy, clock } = this.parts;
    openByPolicy(policy, checkpoint);
    await cache.write(growth.tiles, growth.bundles);
    await cache.writeCheckpoint(checkpoint);
    const { size } = growth.head;
    await commitPublication(this.parts, this.#published, { size, checkpoint }, growth.entries, clock.now());
    this.#published = { size, checkpoint, edge: growth.edge };
  }

  /** The committed publication with its edge, which must have the root that was cosigned. */
  async #restored(committed: Publication): Promise<Published> {
    if (committed.size === 0) return { ...committed, edge: EMPTY_EDGE };
    const edge = await readEdge(committed.size, tileReader(this.parts.pool));
    const { checkpoint } = openByPolicy(this.parts.policy, committed.checkpoint);
    if (checkpoint.size !== committed.size || !sameBytes(checkpoint.root, edgeRoot(edge))) {
      throw new LogCorrupt(`the tiles at size ${committed.size} do not have the published root`);
    }
    return { ...committed, edge };
  }

  /** Ends a publication that a crash cut short after its checkpoint became visible, or fills a cache that was lost. */
  async #resume(cached: string | undefined, state: LogState): Promise<void> {
    const visible = cached === undefined ? undefined : this.#accepted(cached);
    if (cached !== undefined && visible && visible.size > this.#published.size && visible.size <= state.size) {
      const growth = await this.#checkedGrowth(this.#published.edge, visible.size, state);
      if (sameBytes(growth.head.root, visible.root)) return this.#publish(cached, growth);
      throw new LogCorrupt(`another tree of size ${visible.size} was published`);
    }
    await this.#refill();
  }

  #accepted(note: string): TreeHead | undefined {
    try {
      return openByPolicy(this.parts.policy, note).checkpoint;
    } catch (error) {
      this.parts.log.warn({ err: error }, 'the cached checkpoint does not verify and is replaced');
      return undefined;
    }
  }

  async #refill(): Promise<void> {
    const { size, checkpoint } = this.#published;
    for (let edge = EMPTY_EDGE; edge.size < size;) {
      const growth = await readGrowth(this.parts.pool, edge, Math.min(size, edge.size + MAX_PUBLISHED_ENTRIES));
      await this.parts.cache.write(growth.tiles, growth.bundles);
      edge = growth.edge;
    }
    if (size > 0) await this.parts.cache.writeCheckpoint(checkpoint);
  }
}
