import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { required } from '@gridpact/kernel';
import { topics } from '@gridpact/contracts';
import { fixedBusinessClock, systemMachineClock } from '@gridpact/platform/clock';
import { parseConfig } from '@gridpact/platform/config';
import { Outbox } from '@gridpact/platform/outbox';
import { connectPool, migrate } from '@gridpact/platform/postgres';
import { logger } from '@gridpact/platform/telemetry';
import { type Statement, openBody } from '@gridpact/statement';
import {
  TileTree,
  decodeEntries,
  entryBundlePath,
  formatPolicy,
  leafHash,
  openByPolicy,
  parseTlogProof,
  tilePath,
  tileWidthAt,
  toHex,
  verifyTlogProof,
} from '@gridpact/tlog';
import { type FreshDatabase, freshDatabase } from '@gridpact/testing';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type Outcome, arrivalOf } from './admit/candidate.js';
import { type LedgerConfig, ledgerEnv } from './config.js';
import { type LedgerParts, assembleLedger, startLedger, stopLedger } from './ledger.js';
import { ledgerMigrations, lockMigrations } from './migrations/index.js';
import { StatementReader } from './serve/statement-reader.js';
import { KEYS, NOON, confirmation, instruction, registered, say, submit, untilInstructed } from './town.fixture.js';
import { type TestWitness, startWitness } from './witness.fixture.js';

const stack = inject('stack');
const log = logger('ledger-test');
log.level = 'silent';

let witnesses: TestWitness[];
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const parties = ['power-company', 'aggregator-1', 'regulator'];
  witnesses = await Promise.all(parties.map((party, index) => startWitness(party, 200 + index)));
  for (const witness of witnesses) closers.push(() => witness.close());
});

afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

/** A ledger on a database of its own, driven by hand: nothing publishes until asked. */
interface TestLedger extends LedgerParts {
  readonly database: FreshDatabase;
  readonly config: LedgerConfig;
  readonly pool: Pool;
}

/** Where a ledger's stores lie; a second ledger may share them. */
interface Stores {
  readonly database: FreshDatabase;
  readonly lockUrl: string;
  readonly stateDir: string;
  readonly origin: string;
}

async function newStores(): Promise<Stores> {
  const database = await freshDatabase(stack, 'ledger');
  closers.push(() => database.drop());
  const lock = database.urlsOf('ledger_lock');
  const migration = { GRIDPACT_SERVICE: 'ledger', GRIDPACT_MIGRATION_DATABASE_URL: database.migrationUrl };
  await migrate(migration, [], ledgerMigrations);
  await migrate({ ...migration, GRIDPACT_MIGRATION_DATABASE_URL: lock.migrationUrl }, [], lockMigrations);
  const stateDir = await mkdtemp(join(tmpdir(), 'ledger-'));
  closers.push(() => rm(stateDir, { recursive: true }));
  return { database, lockUrl: lock.url, stateDir, origin: `test.example/${randomUUID()}` };
}

async function assemble(stores: Stores): Promise<TestLedger> {
  const config = parseConfig(ledgerEnv, {
    GRIDPACT_ENVIRONMENT: 'sandbox',
    GRIDPACT_SERVICE: 'ledger',
    GRIDPACT_STATE_DIR: stores.stateDir,
    GRIDPACT_HTTP_PORT: '1',
    GRIDPACT_KAFKA_BROKERS: '127.0.0.1:1',
    GRIDPACT_KAFKA_USERNAME: 'unused',
    GRIDPACT_KAFKA_PASSWORD: 'unused',
    GRIDPACT_ISSUER: 'http://127.0.0.1:1',
    GRIDPACT_DATABASE_URL: stores.database.url,
    GRIDPACT_LOCK_DATABASE_URL: stores.lockUrl,
    GRIDPACT_LOG_ORIGIN: stores.origin,
    GRIDPACT_WITNESSES: JSON.stringify(witnesses.map((witness) => witness.config)),
  });
  const pool = connectPool(stores.database.url, log);
  const outbox = new Outbox('ledger', systemMachineClock, () => undefined);
  const business = fixedBusinessClock(NOON);
  const parts = await assembleLedger({ config, pool, outbox, machine: systemMachineClock, business, log });
  closers.push(() => pool.end());
  closers.push(() => stopLedger(parts));
  return { ...parts, pool, config, database: stores.database };
}

/** A ledger whose witnesses have not seen its log, started and not publishing by itself. */
async function open(stores?: Stores): Promise<{ ledger: TestLedger; stores: Stores }> {
  const own = stores ?? (await newStores());
  const ledger = await assemble(own);
  await ledger.integrator.start();
  await ledger.publisher.start();
  return { ledger, stores: own };
}

async function take(ledger: TestLedger, statements: readonly Statement[], messages = false): Promise<Outcome[]> {
  const arrivals = await Promise.all(
    statements.map(async (statement) => {
      const submission = await submit(statement, { receivedAt: NOON, audience: ['user-1'] });
      const plain = statement.envelope.type === 'curtailment.confirmed' ? submission : withoutPromise(submission);
      return arrivalOf(plain, ledger.integrator.ring(), messages ? `message-${statement.leafHash}` : undefined);
    }),
  );
  return [...(await ledger.sequencer.submit(arrivals))];
}

function withoutPromise<T extends { promise?: string | undefined }>({
  promise: _promise,
  ...rest
}: T): Omit<T, 'promise'> {
  return rest;
}

const policyText = (ledger: TestLedger): string => formatPolicy(ledger.policy);

/** A ledger that holds the town's log up to the instruction. Its genesis names its own origin. */
async function town(ledger: TestLedger) {
  const said = await untilInstructed(policyText(ledger), ledger.config.GRIDPACT_LOG_ORIGIN);
  const outcomes = await take(ledger, said.all);
  expect(outcomes.map((outcome) => outcome.state === 'sequenced' && outcome.index)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  return said;
}

const outboxOf = async (ledger: TestLedger, topic: string) =>
  (
    await ledger.pool.query<{ value: string }>('SELECT value FROM outbox WHERE topic = $1 ORDER BY id', [topic])
  ).rows.map(({ value }) => JSON.parse(value) as Record<string, unknown>);

describe('a sealed log', () => {
  it('serves tiles, bundles and receipts that verify against the cosigned checkpoint', async () => {
    const { ledger } = await open();
    const { all } = await town(ledger);
    expect(await ledger.publisher.publish()).toBe('published');
    const { checkpoint, cosigners } = openByPolicy(ledger.policy, ledger.publisher.published.checkpoint);
    expect(checkpoint.size).toBe(7);
    expect(cosigners.length).toBeGreaterThanOrEqual(2);
    const read = async (path: string) => required(await ledger.cache.read(path), path);
    const tree = new TileTree(7, (level, index, width) => read(tilePath({ level, index, width })));
    expect(toHex(await tree.root())).toBe(toHex(checkpoint.root));
    const bundle = { index: 0, width: tileWidthAt(7, 0, 0) };
    const entries = decodeEntries(await read(entryBundlePath(bundle)), bundle.width);
    expect(entries.map((entry) => toHex(leafHash(entry)))).toEqual(all.map((statement) => statement.leafHash));
    const receipts = await outboxOf(ledger, topics.receipt.name);
    expect(receipts).toHaveLength(7);
    for (const [index, { receipt }] of receipts.entries()) {
      const proof = parseTlogProof(String(receipt));
      expect(proof.index).toBe(index);
      expect(() => verifyTlogProof(proof, leafHash(required(entries[index], 'entry')), ledger.policy)).not.toThrow();
      expect(() =>
        verifyTlogProof(proof, leafHash(required(entries[(index + 1) % 7], 'entry')), ledger.policy),
      ).toThrow();
    }
  });

  it('crosses the width of a tile, and keeps each published partial tile', async () => {
    const { ledger } = await open();
    await town(ledger);
    await ledger.publisher.publish();
    const flags = await Promise.all(
      Array.from({ length: 600 }, (_, index) =>
        say('outage.flagged', { event: 'event-1', feeder: `f${index}`, start: AT, end: AT, source: 'scada' }),
      ),
    );
    await take(ledger, flags.slice(0, 249));
    expect(await ledger.publisher.publish()).toBe('published');
    await take(ledger, flags.slice(249));
    expect(await ledger.publisher.publish()).toBe('published');
    for (const path of [
      'tile/0/000.p/7',
      'tile/0/000',
      'tile/0/001',
      'tile/0/002.p/95',
      'tile/1/000.p/2',
      'tile/1/000.p/1',
    ]) {
      expect((await ledger.cache.read(path))?.length).toBe(32 * Number(/p\/(\d+)$/.exec(path)?.[1] ?? 256));
    }
    const { checkpoint } = openByPolicy(ledger.policy, ledger.publisher.published.checkpoint);
    const read = async (path: string) => required(await ledger.cache.read(path), path);
    const tree = new TileTree(607, (level, index, width) => read(tilePath({ level, index, width })));
    expect(toHex(await tree.root())).toBe(toHex(checkpoint.root));
  });

  it('opens bodies to their audience and to a regulator, and to nobody once the subject is erased', async () => {
    const { ledger } = await open();
    const { instructed } = await town(ledger);
    const reader = new StatementReader(ledger.pool, ledger.bodies);
    const read = async (party: string, ...roles: string[]) => {
      const view = await reader.find(instructed.leafHash, { sub: party, party, roles });
      return view?.opening && openBody(instructed, view.opening).ok;
    };
    expect(await read('user-1', 'user')).toBe(true);
    expect(await read('regulator', 'regulator')).toBe(true);
    expect(await read('aggregator-2', 'aggregator')).toBeUndefined();
    const { rows: kept } = await ledger.pool.query<{ sealed: Buffer }>('SELECT sealed FROM body');
    expect(kept.some(({ sealed }) => sealed.includes('instruction-1'))).toBe(false);
    await ledger.pool.query(`DELETE FROM subject_key WHERE subject = 'event-1'`);
    expect(await read('user-1', 'user')).toBeUndefined();
    expect(await ledger.publisher.publish()).toBe('published');
  });
});

describe('the integrator', () => {
  it('gives the same bytes the same index, at once, later, and after a restart', async () => {
    const { ledger, stores } = await open();
    const { all } = await town(ledger);
    const again = await take(ledger, [...all, ...all]);
    expect(again.map((outcome) => outcome.state === 'sequenced' && outcome.index)).toEqual([
      ...all.keys(),
      ...all.keys(),
    ]);
    const { ledger: successor } = await open(stores);
    const [outcome] = await take(successor, [required(all[3], 'fourth')]);
    expect(outcome).toMatchObject({ state: 'sequenced', index: 3, again: true });
  });

  it('lets one of two conflicting answers in, whoever comes first', async () => {
    const { ledger } = await open();
    const { instructed } = await town(ledger);
    const answers = [
      await confirmation(instructed),
      await confirmation(instructed, { answer: 'declined', intervals: [] }),
    ];
    const outcomes = await Promise.all(answers.map(async (answer) => (await take(ledger, [answer]))[0]));
    expect(outcomes.map((outcome) => outcome?.state).sort()).toEqual(['refused', 'sequenced']);
    const [refusal] = await outboxOf(ledger, topics.refusal.name);
    expect(refusal).toMatchObject({ code: 'already_said' });
  });

  it('keeps a statement until its parent comes, however it was handed over', async () => {
    const { ledger } = await open();
    const { awarded, enrolled } = await town(ledger);
    const instructed = await instruction(awarded, enrolled, { instruction: 'instruction-2' });
    const answer = await confirmation(instructed, { instruction: 'instruction-2' });
    expect(await take(ledger, [answer])).toMatchObject([{ state: 'waiting', missing: [instructed.leafHash] }]);
    expect(await take(ledger, [instructed])).toMatchObject([{ state: 'sequenced', index: 7 }]);
    await vi.waitFor(async () =>
      expect(await take(ledger, [answer])).toMatchObject([{ state: 'sequenced', index: 8, again: true }]),
    );
    const { rows: waiting } = await ledger.pool.query('SELECT 1 FROM waiting');
    expect(waiting).toHaveLength(0);
  });

  it('changes nothing when its messages are replayed', async () => {
    const { ledger } = await open();
    const said = await untilInstructed(policyText(ledger), ledger.config.GRIDPACT_LOG_ORIGIN);
    const { instructed } = said;
    const messages = [
      ...said.all,
      await confirmation(instructed),
      await confirmation(instructed, { answer: 'declined', intervals: [] }),
    ];
    await take(ledger, messages, true);
    const before = await snapshot(ledger);
    expect(before).toMatchObject({ entries: '8', refusals: '1' });
    const replayed = await take(ledger, messages, true);
    expect(new Set(replayed.map(({ state }) => state))).toEqual(new Set(['replayed']));
    expect(await snapshot(ledger)).toEqual(before);
  });

  it('stays one log under two integrators', async () => {
    const { ledger, stores } = await open();
    await town(ledger);
    const { ledger: second } = await open(stores);
    const users = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        say('outage.flagged', { event: 'event-1', feeder: `f${index}`, start: AT, end: AT, source: 's' }),
      ),
    );
    const outcomes = await Promise.all(users.map((statement, at) => take(at % 2 ? ledger : second, [statement])));
    const indices = outcomes.flat().map((outcome) => (outcome.state === 'sequenced' ? outcome.index : -1));
    expect(indices.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => 7 + index));
    expect(await second.publisher.publish()).toBe('published');
  });
});

describe('the publisher', () => {
  it('publishes nothing without a quorum, keeps sequencing, and catches up', async () => {
    const { ledger } = await open();
    const { instructed } = await town(ledger);
    const [first, second] = [required(witnesses[0], 'first'), required(witnesses[1], 'second')];
    [first.away, second.away] = [true, true];
    expect(await ledger.publisher.publish()).toBe('quorum-missing');
    expect(ledger.publisher.published.size).toBe(0);
    expect(await ledger.cache.checkpoint()).toBeUndefined();
    expect(await take(ledger, [await confirmation(instructed)])).toMatchObject([{ state: 'sequenced', index: 7 }]);
    first.away = false;
    expect(await ledger.publisher.publish()).toBe('published');
    second.away = false;
    expect(ledger.publisher.published.size).toBe(8);
    expect(await outboxOf(ledger, topics.receipt.name)).toHaveLength(8);
    expect(await ledger.publisher.publish()).toBe('nothing-new');
  });

  it('freezes on a restored older database instead of forking', async () => {
    const { ledger, stores } = await open();
    const said = await town(ledger);
    await ledger.publisher.publish();
    const restored = { ...stores, database: (await newStores()).database };
    const older = await assemble(restored);
    await startLedger(older);
    expect(older.sequencer.frozen).toContain('signed size 7');
    await expect(take(older, said.all)).rejects.toMatchObject({ reason: 'frozen' });
  });

  it('freezes on a database that went another way', async () => {
    const { ledger, stores } = await open();
    await town(ledger);
    const other = await open(stores === undefined ? undefined : { ...stores, database: (await newStores()).database });
    const said = await untilInstructed(policyText(ledger), stores.origin);
    await ledger.publisher.publish();
    const elsewhere = [...said.all.slice(0, 2), await registered('user-2', KEYS.neighbour), ...said.all.slice(2)];
    await take(other.ledger, elsewhere);
    await expect(other.ledger.publisher.publish()).rejects.toMatchObject({ name: 'LogCorrupt' });
  });

  it('finds a byte that changed in the store before it signs', async () => {
    const { ledger } = await open();
    await town(ledger);
    await ledger.pool.query(`UPDATE entry SET bytes = set_byte(bytes, 20, get_byte(bytes, 20) # 1) WHERE index = 4`);
    await expect(ledger.publisher.publish()).rejects.toThrow('entry 4 does not have its hash');
    expect(ledger.publisher.published.size).toBe(0);
  });

  it('finishes a publication that was cut short after its checkpoint was visible', async () => {
    const { ledger, stores } = await open();
    await town(ledger);
    await ledger.publisher.publish();
    await ledger.pool.query(`UPDATE publication SET size = 0, checkpoint = ''`);
    await ledger.pool.query('DELETE FROM outbox');
    const { ledger: successor } = await open(stores);
    expect(successor.publisher.published).toMatchObject({ size: 7, checkpoint: ledger.publisher.published.checkpoint });
    expect(await outboxOf(successor, topics.receipt.name)).toHaveLength(7);
  });

  it('fills a lost cache again, and never serves or overwrites a file that differs', async () => {
    const { ledger, stores } = await open();
    await town(ledger);
    await ledger.publisher.publish();
    await rm(join(stores.stateDir, 'log'), { recursive: true });
    const { ledger: successor } = await open(stores);
    expect((await successor.cache.read('tile/0/000.p/7'))?.length).toBe(7 * 32);
    await writeFile(join(stores.stateDir, 'log', 'checkpoint'), 'nonsense');
    await writeFile(join(stores.stateDir, 'log', 'tile/0/000.p/7'), 'nonsense');
    await expect(open(stores)).rejects.toMatchObject({ name: 'LogCorrupt' });
  });
});

const AT = '2026-07-01T06:00:00.000Z';

async function snapshot(ledger: TestLedger): Promise<unknown> {
  const { rows: found } = await ledger.pool.query(`
    SELECT (SELECT count(*) FROM entry) AS entries, (SELECT root FROM log_state) AS root,
      (SELECT count(*) FROM outbox WHERE topic = '${topics.refusal.name}') AS refusals,
      (SELECT count(*) FROM claim) AS claims, (SELECT count(*) FROM body) AS bodies, (SELECT count(*) FROM waiting) AS waiting`);
  return found[0];
}
