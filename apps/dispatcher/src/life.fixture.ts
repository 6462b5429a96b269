import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { topicByName, type NominationSent, type Receipt } from '@gridpact/contracts';
import { instantOf, machineInstant, type Instant } from '@gridpact/kernel';
import { BUSINESS_CLOCK, LOGGER, MACHINE_CLOCK, PG_POOL } from '@gridpact/platform/app';
import type { KafkaBatch, KafkaMessage } from '@gridpact/platform/kafka';
import { Outbox } from '@gridpact/platform/outbox';
import { connectDataSource, connectPool, dataSourceOptions, migrate, rows } from '@gridpact/platform/postgres';
import { logger } from '@gridpact/platform/telemetry';
import { examplePack } from '@gridpact/program';
import {
  ed25519Signer,
  prepare,
  publicKeyOf,
  signStatement,
  type KeySigner,
  type Statement,
} from '@gridpact/statement';
import { Test, type TestingModule } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { DISPATCHER_CONFIG } from './config.js';
import { controllers, migrations, workers } from './dispatcher.module.js';
import { PARTY_KEYS, type KnownKey } from './nomination/party-keys.js';
import { OwnVoice } from './statements/own-voice.js';
import { PowerCompany } from './statements/power-company.js';

/** Business time of a test: `clock.at` is now. */
export interface SettableClock {
  at: Instant;
  revision: number;
}

const jwkOf = (fill: number) => ({ kty: 'OKP', crv: 'Ed25519', d: Buffer.alloc(32, fill).toString('base64url') });
const key = (fill: number): KeySigner => ed25519Signer(jwkOf(fill));

/** Private key of aggregator-1. */
export const AGGREGATOR_SEED = jwkOf(11);

const STAFF = { operator: key(1), approver: key(2) };
const AGGREGATORS: Record<string, KeySigner> = { 'aggregator-1': key(11), 'aggregator-2': key(12) };

/** Everything of the dispatcher but its ears: handlers are called by hand, and nothing is sent. */
export interface World {
  readonly module: TestingModule;
  readonly clock: SettableClock;
  readonly bundleSha256: string;
  close(): Promise<void>;
}

/** Brings the schema forward; once per database. */
export async function migrated(migrationUrl: string): Promise<void> {
  await migrate({ GRIDPACT_SERVICE: 'dispatcher', GRIDPACT_MIGRATION_DATABASE_URL: migrationUrl }, [], migrations);
}

/** A dispatcher on a database; a second one on the same database is a restart. */
export async function dispatcherOn(url: string, clock: SettableClock): Promise<World> {
  const log = logger('dispatcher');
  const { file, bundleSha256 } = await ruleBundle();
  const dataSource = await connectDataSource(dataSourceOptions(url, [], []), log);
  const pool = connectPool(url, log);
  const machine = { now: () => machineInstant(Date.now()) };
  const config = { GRIDPACT_ENVIRONMENT: 'sandbox', GRIDPACT_RULE_BUNDLE: file, GRIDPACT_DISPATCH_GATEWAYS: ['gw-1'] };
  const module = await Test.createTestingModule({
    controllers,
    providers: [
      ...workers,
      { provide: DISPATCHER_CONFIG, useValue: config },
      { provide: DataSource, useValue: dataSource },
      { provide: PG_POOL, useValue: pool },
      { provide: LOGGER, useValue: log },
      { provide: MACHINE_CLOCK, useValue: machine },
      { provide: BUSINESS_CLOCK, useValue: { now: () => clock.at, revision: () => clock.revision } },
      { provide: Outbox, useValue: new Outbox('dispatcher', machine, () => undefined) },
      { provide: OwnVoice, useValue: new OwnVoice('dispatcher', key(9), machine) },
      { provide: PowerCompany, useValue: new PowerCompany((use) => Promise.resolve(staff(use))) },
      { provide: PARTY_KEYS, useValue: { of: () => Promise.resolve((kid: string) => knownKey(kid)) } },
    ],
  }).compile();
  const close = async (): Promise<void> => {
    await dataSource.destroy();
    await pool.end();
  };
  return { module, clock, bundleSha256, close };
}

/** The example pack's program under an id. */
export function programBody(program: string, bundleSha256: string) {
  const rulePack = examplePack({ name: 'no holidays', holidays: [], workdays: [] });
  return { program, rulePack, bundleSha256 };
}

/** An event of two hours in the afternoon of 2 July, whose gate closes at noon of the day before. */
export function eventBody(event: string, program: string) {
  const hour = (start: number) => ({
    start: `2026-07-02T${start}:00:00.000Z`,
    end: `2026-07-02T${start + 1}:00:00.000Z`,
    needWatt: '100000',
  });
  return {
    event,
    program,
    area: 'yiwu',
    intervals: [hour(10), hour(11)],
    priceCapMicroCnyPerKwh: '4000000',
    gateClosesAt: '2026-07-01T12:00:00.000Z',
    revealBy: '2026-07-01T13:00:00.000Z',
    confirmBy: '2026-07-02T08:00:00.000Z',
  };
}

/** A nomination with what its aggregator keeps to open it. */
export async function nomination(event: string, announced: string, aggregator: string, watt: string, price: string) {
  const salt = randomBytes(32);
  const body = { event, aggregator, blocks: [{ watt, priceMicroCnyPerKwh: price }] };
  const said = { at: instantOf('2026-07-01T10:00:00.000Z'), by: aggregator, subject: event, body, salt };
  const signer = AGGREGATORS[aggregator];
  if (!signer) throw new Error(`no key of ${aggregator}`);
  const committed = await signStatement(prepare({ ...said, type: 'nomination.committed', parents: [announced] }), [
    signer,
  ]);
  const revealing = { ...said, type: 'nomination.revealed' as const, parents: [committed.leafHash] };
  const revealed = await signStatement(prepare(revealing), [signer]);
  const other = { ...body, blocks: [{ watt, priceMicroCnyPerKwh: '1' }] };
  const cheated = await signStatement(prepare({ ...revealing, body: other }), [signer]);
  return { committed, revealed, cheated };
}

/** The message that carries a nomination statement. */
export function sent(statement: Statement): NominationSent {
  const { type, by, subject } = statement.envelope;
  const kind = type === 'nomination.committed' ? 'committed' : 'revealed';
  const entry = Buffer.from(statement.entry).toString('base64');
  const named = { event: subject, aggregator: by, kind, entry } as const;
  return kind === 'revealed' && statement.opening ? { ...named, opening: statement.opening } : named;
}

/** A batch as the strategy hands it over; every message has an id of its own unless one is given. */
export function batchOf<T>(topic: { name: string }, values: readonly T[], ids: readonly string[] = []): KafkaBatch<T> {
  const messages = values.map((value, at): KafkaMessage<T> => {
    const parsed = topicByName(topic.name).schema.parse(value) as T;
    const id = ids[at] ?? randomUUID();
    return { id, key: 'key', value: parsed, offset: String(at), timestamp: 0, headers: {} };
  });
  return { topic: topic.name, partition: 0, messages };
}

/** A receipt of the ledger. */
export function receiptOf({ leafHash, envelope }: Statement, index: number): Receipt {
  const { type, subject } = envelope;
  return { statement: leafHash, index, type, subject, receipt: 'proof', sealedAt: '2026-07-01T10:00:00.000Z' };
}

/** Values that went to the outbox on a topic, in order. */
export async function outboxOf<T>({ module }: World, topic: { name: string }): Promise<T[]> {
  const found = await rows<{ value: string }>(
    module.get(DataSource),
    'SELECT value FROM outbox WHERE topic = $1 ORDER BY id',
    [topic.name],
  );
  return found.map(({ value }) => JSON.parse(value) as T);
}

/** A rule bundle on disk, with its hash. */
export async function ruleBundle(): Promise<{ file: string; bundleSha256: string }> {
  const file = join(await mkdtemp(join(tmpdir(), 'dispatcher-')), 'bundle.mjs');
  const code = 'export const settle = () => undefined;\n';
  await writeFile(file, code);
  return { file, bundleSha256: createHash('sha256').update(code).digest('hex') };
}

function staff(use: string): KeySigner {
  if (use !== 'operator' && use !== 'approver') throw new Error(`the power company has no key ${use}`);
  return STAFF[use];
}

function knownKey(kid: string): KnownKey | undefined {
  const [party, signer] = Object.entries(AGGREGATORS).find(([, held]) => held.kid === kid) ?? [];
  if (!party || !signer) return undefined;
  return { ...publicKeyOf(signer, 'statements'), party, role: 'aggregator' };
}
