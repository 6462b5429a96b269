import { randomUUID } from 'node:crypto';
import { topicByName, type Receipt } from '@gridpact/contracts';
import { machineInstant } from '@gridpact/kernel';
import { BUSINESS_CLOCK, LOGGER, MACHINE_CLOCK, PG_POOL } from '@gridpact/platform/app';
import { AccessTokens } from '@gridpact/platform/auth';
import type { KafkaBatch, KafkaMessage } from '@gridpact/platform/kafka';
import { Outbox } from '@gridpact/platform/outbox';
import { connectDataSource, connectPool, dataSourceOptions, migrate, rows } from '@gridpact/platform/postgres';
import { logger } from '@gridpact/platform/telemetry';
import { Test, type TestingModule } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { SETTLEMENT_CONFIG } from './config.js';
import { JobRunner } from './jobs/job-runner.js';
import { SealMessages } from './ledger/seal.messages.js';
import type { LogEntry } from './log.fixture.js';
import type { Peers } from './peers.fixture.js';
import { controllers, migrations, workers } from './settlement.module.js';
import { SourceMessages } from './sources/source.messages.js';
import { OwnVoice } from './statements/own-voice.js';
import { Payers } from './statements/payers.js';
import { AFTER, KEYS } from './town.fixture.js';

/** Everything of the service but its ears and its pulse: handlers and jobs are called by hand. */
export interface World {
  readonly module: TestingModule;
  readonly db: DataSource;
  /** Gives every statement that waits in the outbox to the town's log, and the receipts of the whole log back. */
  seal(): Promise<LogEntry[]>;
  /** Makes every job due and tries it once; gives the number that ended. */
  work(): Promise<number>;
  close(): Promise<void>;
}

/** Brings the schema forward; once per database. */
export async function migrated(migrationUrl: string): Promise<void> {
  await migrate({ GRIDPACT_SERVICE: 'settlement', GRIDPACT_MIGRATION_DATABASE_URL: migrationUrl }, [], migrations);
}

/** A settlement service on a database; a second one on the same database is a restart. */
export async function settlementOn(url: string, peers: Peers, bundle: string): Promise<World> {
  const log = logger('settlement');
  const db = await connectDataSource(dataSourceOptions(url, [], []), log);
  const pool = connectPool(url, log);
  const machine = { now: () => machineInstant(Date.now()) };
  const urls = { GRIDPACT_LEDGER_URL: peers.url, GRIDPACT_INGEST_URL: peers.url };
  const config = { ...urls, GRIDPACT_RULE_BUNDLE: bundle, GRIDPACT_SERVICE: 'settlement' };
  const module = await Test.createTestingModule({
    controllers,
    providers: [
      ...workers,
      { provide: SETTLEMENT_CONFIG, useValue: config },
      { provide: DataSource, useValue: db },
      { provide: PG_POOL, useValue: pool },
      { provide: LOGGER, useValue: log },
      { provide: MACHINE_CLOCK, useValue: machine },
      { provide: BUSINESS_CLOCK, useValue: { now: () => AFTER, revision: () => 1 } },
      { provide: AccessTokens, useValue: { token: () => Promise.resolve('own') } },
      { provide: Outbox, useValue: new Outbox('settlement', machine, () => undefined) },
      { provide: OwnVoice, useValue: new OwnVoice('settlement', KEYS.settlement) },
      { provide: Payers, useValue: new Payers((party) => Promise.resolve(payerKey(party))) },
    ],
  }).compile();
  return {
    ...{ module, db },
    seal: () => seal(db, module, peers),
    work: async () => {
      await db.query('UPDATE settlement_job SET not_before = now()');
      return module.get(JobRunner).look();
    },
    close: async () => {
      await db.destroy();
      await pool.end();
    },
  };
}

/** A batch as the strategy hands it over. */
export function batchOf<T>(topic: { name: string }, values: readonly T[]): KafkaBatch<T> {
  const messages = values.map((value, at): KafkaMessage<T> => {
    const parsed = topicByName(topic.name).schema.parse(value) as T;
    return { id: randomUUID(), key: 'key', value: parsed, offset: String(at), timestamp: 0, headers: {} };
  });
  return { topic: topic.name, partition: 0, messages };
}

/** Tells the service of commitments. */
export async function hear({ module }: World, commitments: readonly object[]): Promise<void> {
  await module.get(SourceMessages).onCommitments(batchOf({ name: 'ingest.commitment.v1' }, commitments as never[]));
}

/** Receipt of an entry, as the topic carries it. */
export function receiptOf({ statement, index }: LogEntry): Receipt {
  const { type, subject } = statement.envelope;
  return {
    statement: statement.leafHash,
    index,
    type,
    subject,
    receipt: 'proof',
    sealedAt: '2026-07-15T13:00:00.000Z',
  };
}

async function seal(db: DataSource, module: TestingModule, { town }: Peers): Promise<LogEntry[]> {
  const waiting = await rows<{ value: string }>(
    db,
    `SELECT value FROM outbox WHERE topic = 'ledger.submission.v1' ORDER BY id`,
  );
  const added = waiting.flatMap(({ value }) => {
    const { entry, audience, opening } = JSON.parse(value) as { entry: string; audience: string[]; opening?: never };
    return town.log.submit(new Uint8Array(Buffer.from(entry, 'base64')), { audience, opening }) ?? [];
  });
  const receipts = town.log.entries.map(receiptOf);
  await module.get(SealMessages).onReceipts(batchOf({ name: 'ledger.receipt.v1' }, receipts));
  return added;
}

function payerKey(party: string) {
  return party === 'power-company' ? KEYS.operator : KEYS[party as 'aggregator-1' | 'aggregator-2'];
}
