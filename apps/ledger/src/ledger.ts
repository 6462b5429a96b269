import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { BusinessClock, MachineClock } from '@gridpact/platform/clock';
import type { Outbox } from '@gridpact/platform/outbox';
import { connectPool } from '@gridpact/platform/postgres';
import { fileServiceSigner } from '@gridpact/platform/signer';
import type { Logger } from '@gridpact/platform/telemetry';
import { type Policy, formatPolicy, formatVkey } from '@gridpact/tlog';
import type { Pool } from 'pg';
import { BodyStore } from './bodies/body-store.js';
import type { LedgerConfig } from './config.js';
import { readOrCreate, writeDurably } from './durable-file.js';
import { Integrator } from './integrate/integrator.js';
import { Sequencer } from './integrate/sequencer.js';
import { WaitingRoom } from './integrate/waiting-room.js';
import { PromiseMaker } from './intake/promise-maker.js';
import { readLogKey } from './policy/log-key.js';
import { policyOf } from './policy/witness-policy.js';
import { CheckpointLock } from './publish/checkpoint-lock.js';
import { LogCache } from './publish/log-cache.js';
import { PublishLoop } from './publish/publish-loop.js';
import { Publisher } from './publish/publisher.js';
import { WitnessClient } from './publish/witnesses.js';
import { LogCorrupt } from './store/log-store.js';

const MASTER_KEY_BYTES = 32;
/** Connections to the lock's store: the publisher is its only user. */
const LOCK_POOL_SIZE = 2;

/** What the ledger is built on. */
export interface LedgerBase {
  readonly config: LedgerConfig;
  readonly pool: Pool;
  readonly outbox: Outbox;
  readonly machine: MachineClock;
  readonly business: BusinessClock;
  readonly log: Logger;
}

/** The parts of a ledger that its HTTP and Kafka sides use, wired to each other. */
export interface LedgerParts {
  readonly policy: Policy;
  readonly bodies: BodyStore;
  readonly integrator: Integrator;
  readonly sequencer: Sequencer;
  readonly publisher: Publisher;
  readonly loop: PublishLoop;
  readonly cache: LogCache;
  readonly promises: PromiseMaker;
  readonly lockPool: Pool;
}

/** Reads keys and wires the parts; starts nothing. */
export async function assembleLedger(base: LedgerBase): Promise<LedgerParts> {
  const { config, pool, outbox, machine, log } = base;
  const { GRIDPACT_STATE_DIR: stateDir, GRIDPACT_LOG_ORIGIN: origin } = config;
  const signer = await readLogKey(stateDir, origin);
  const policy = policyOf(signer.vkey, logUrl(config), config.GRIDPACT_WITNESSES);
  const masterKey = await readOrCreate(join(stateDir, 'body-master.key'), () => randomBytes(MASTER_KEY_BYTES));
  const bodies = new BodyStore(masterKey);
  const waitingRoom = new WaitingRoom(bodies);
  const identity = { origin, environment: config.GRIDPACT_ENVIRONMENT, policy: formatPolicy(policy) };
  const integrator = new Integrator({ pool, outbox, bodies, waitingRoom, log: identity, clock: machine });
  const lockPool = connectPool(config.GRIDPACT_LOCK_DATABASE_URL, log, LOCK_POOL_SIZE);
  const cache = new LogCache(join(stateDir, 'log'));
  const lock = new CheckpointLock(lockPool, origin);
  const witnesses = policy.witnesses.map((witness) => new WitnessClient(witness));
  const publisher = new Publisher({ pool, outbox, lock, cache, signer, policy, witnesses, clock: machine, log });
  const sequencer = new Sequencer(integrator, waitingRoom, pool, log, () => loop.grown());
  const loop = new PublishLoop(publisher, (why) => sequencer.freeze(why), log);
  const own = await fileServiceSigner(stateDir, config.GRIDPACT_SERVICE);
  const promises = new PromiseMaker(own, config.GRIDPACT_SERVICE, base.business, machine);
  await publishKey(config, formatVkey(signer.vkey));
  return { policy, bodies, integrator, sequencer, publisher, loop, cache, promises, lockPool };
}

/**
 * Takes the log over and begins. A database that is older than what the log key signed, or that contradicts itself, leaves
 * the ledger up but frozen: it serves what was published and takes nothing.
 */
export async function startLedger({ integrator, publisher, sequencer, loop }: LedgerParts): Promise<void> {
  try {
    await integrator.start();
    await publisher.start();
  } catch (error) {
    if (!(error instanceof LogCorrupt)) throw error;
    return sequencer.freeze(error.message);
  }
  sequencer.start();
  loop.start();
}

/** Ends the ledger's own loops; what is being integrated or published is finished. */
export async function stopLedger({ sequencer, loop, lockPool }: LedgerParts): Promise<void> {
  await Promise.all([sequencer.stop(), loop.stop()]);
  await lockPool.end();
}

function logUrl(config: LedgerConfig): string {
  return `http://${config.GRIDPACT_HTTP_HOST}:${config.GRIDPACT_HTTP_PORT}/log`;
}

async function publishKey({ GRIDPACT_LEDGER_VKEY_FILE: file }: LedgerConfig, vkey: string): Promise<void> {
  if (file !== undefined) await writeDurably(file, `${vkey}\n`);
}
