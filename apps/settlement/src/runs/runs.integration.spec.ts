import { randomUUID } from 'node:crypto';
import { readDossier, verifyDossier } from '@gridpact/dossier';
import { prepare, signStatement } from '@gridpact/statement';
import { freshDatabase, type FreshDatabase } from '@gridpact/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { DisputeService } from '../disputes/dispute.service.js';
import { DossierService } from '../dossier/dossier.service.js';
import { JobStore } from '../jobs/job-store.js';
import { OrderStore } from '../payments/order-store.js';
import { startPeers, type Peers } from '../peers.fixture.js';
import { AFTER, BUNDLE_FILE, KEYS, sha256, Town } from '../town.fixture.js';
import { hear, migrated, settlementOn, type World } from '../world.fixture.js';
import { runInWorker } from './contract-worker.js';
import { RunReader } from './run-reader.js';

let database: FreshDatabase;
let peers: Peers;
let world: World;
let town: Town;

beforeAll(async () => {
  database = await freshDatabase(inject('stack'), 'settlement');
  await migrated(database.migrationUrl);
  peers = await startPeers(await Town.afterEvent('unused'));
});

afterAll(async () => {
  await peers.close();
  await database.drop();
});

beforeEach(async () => {
  town = peers.town = await Town.afterEvent(`ev-${randomUUID().slice(0, 8)}`);
  world = await settlementOn(database.url, peers, BUNDLE_FILE);
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const table of ['settlement_job', 'awaited', 'outbox']) await world.db.query(`DELETE FROM ${table}`);
  await world.close();
});

describe('the initial run', () => {
  it('pays each site 12 CNY for 8 kWh not used at 1.50 CNY, and its journal balances', async () => {
    await initialRun();
    const [run] = await runs();
    expect(run).toMatchObject({ run: 1, kind: 'INITIAL', totals: { amountFen: '3600', differenceFen: '3600' } });
    expect(await balances()).toEqual({
      'aggregator:aggregator-1': '480',
      'aggregator:aggregator-2': '240',
      budget: '-3600',
      'power-company': '0',
      'user:user-1': '960',
      'user:user-2': '960',
      'user:user-3': '960',
    });
  });

  it('waits until what it reads is sealed', async () => {
    await hear(world, town.commitments);
    await hear(world, [await town.commitWindow()]);
    expect(await world.work()).toBe(0);
    expect(await pending()).toMatchObject([{ kind: 'RUN', code: 'not_sealed_yet' }]);
    await world.seal();
    expect(await world.work()).toBe(1);
  });

  it('killed between computing and saving pays once when it is taken up again', async () => {
    await committed();
    vi.spyOn(world.module.get(JobStore), 'finish').mockRejectedValueOnce(new Error('killed'));
    expect(await world.work()).toBe(0);
    expect(await runs()).toEqual([]);
    const restarted = await settlementOn(database.url, peers, BUNDLE_FILE);
    expect([await restarted.work(), await restarted.work()]).toEqual([1, 0]);
    await restarted.close();
    expect(await runs()).toHaveLength(1);
    expect((await world.seal()).map(({ statement }) => statement.envelope.type)).toEqual(['settlement.computed']);
  });

  it('refuses a bundle that the program did not publish', async () => {
    town = peers.town = await Town.afterEvent(town.event, sha256('another bundle'));
    await committed();
    await world.work();
    expect(await pending()).toMatchObject([{ code: 'bundle_mismatch' }]);
    expect(await runs()).toEqual([]);
  });

  it('refuses a part whose records do not hash to its root', async () => {
    await committed();
    const part = town.parts.get('meter-2')?.[1];
    (part?.records[14] as { energyMicroKwh: string }).energyMicroKwh = '1000000';
    await world.work();
    expect(await pending()).toMatchObject([
      { code: 'part_unproven', detail: expect.stringContaining('series_differs') },
    ]);
    expect(await runs()).toEqual([]);
  });

  it('refuses a part that was handed over for another meter', async () => {
    await committed();
    town.parts.set('meter-2', town.parts.get('meter-1') ?? []);
    await world.work();
    expect(await pending()).toMatchObject([{ code: 'part_unproven' }]);
  });
});

describe('a later run', () => {
  it('pays only the difference of a corrected reading', async () => {
    await initialRun();
    await hear(world, [await town.correct('meter-1', 9n)]);
    await world.seal();
    expect(await world.work()).toBe(1);
    const [, revised] = await runs();
    expect(revised).toMatchObject({
      ...{ run: 2, kind: 'TRUE_UP', cause: 'corrected reading' },
      totals: { amountFen: '2760', differenceFen: '-840' },
    });
    expect(await balances(2)).toEqual({
      'aggregator:aggregator-1': '-168',
      budget: '840',
      'power-company': '0',
      'user:user-1': '-672',
    });
  });

  it('over unchanged inputs writes nothing, however often it is asked for', async () => {
    await initialRun();
    await hear(world, town.commitments);
    await world.db.transaction((tx) => world.module.get(JobStore).requestAgain(tx, town.event, 'again'));
    expect(await world.work()).toBe(1);
    expect(await runs()).toHaveLength(1);
    expect(await pending()).toEqual([]);
  });
});

describe('the database', () => {
  it.each(['settlement_run', 'run_line', 'journal_posting'])('never changes or deletes rows of %s', async (table) => {
    await initialRun();
    await expect(world.db.query(`UPDATE ${table} SET run = 7`)).rejects.toThrow('never changed');
    await expect(world.db.query(`DELETE FROM ${table}`)).rejects.toThrow('never changed');
  });

  it('refuses a posting without its other side', async () => {
    await initialRun();
    const one = `INSERT INTO journal_posting SELECT event, run, 99, 'budget', 5, line, kind, statement
      FROM journal_posting WHERE event = $1 LIMIT 1`;
    await expect(world.db.query(one, [town.event])).rejects.toThrow('does not balance');
  });

  it('refuses a balanced entry that moves more than its run says', async () => {
    await initialRun();
    const both = `INSERT INTO journal_posting SELECT event, run, 99, account, sign, line, kind, statement
      FROM (SELECT * FROM journal_posting WHERE event = $1 LIMIT 1) AS one (event, run, entry, a, f, line, kind, statement),
        (VALUES ('budget', -5), ('power-company', 5)) AS sides (account, sign)`;
    await expect(world.db.query(both, [town.event])).rejects.toThrow('draws 3605 fen and moves 3600 fen');
  });
});

describe('a dispute', () => {
  it('of a foreign line, an unknown run or with a foreign key is refused', async () => {
    await initialRun();
    expect(await raise('user-1', { site: 'site-2' })).toMatchObject({ refusal: { code: 'unknown_line' } });
    expect(await raise('user-1', { settlement: sha256('none') })).toMatchObject({ refusal: { code: 'unknown_run' } });
    expect(await raise('user-1', {}, 'user-2')).toMatchObject({ refusal: { code: 'bad_signature' } });
  });

  it('freezes its line: payments leave it out until it is resolved, then order the rest once', async () => {
    await initialRun();
    const raised = await raise('user-1', {});
    expect(raised).toMatchObject({ ok: true });
    expect(await raise('user-1', { dispute: `d2-${town.event}` })).toMatchObject({
      refusal: { code: 'already_disputed' },
    });
    await world.seal();
    await finalRun();
    expect(await payments()).toEqual({
      'power-company aggregator-1': '1200',
      'power-company aggregator-2': '1200',
      'aggregator-1 user-2': '960',
      'aggregator-2 user-3': '960',
    });
    const ruled = await world.module
      .get(DisputeService)
      .rule(`d-${town.event}`, { outcome: 'rejected', reason: 'the reading stands' });
    expect(ruled).toMatchObject({ ok: true, value: { state: 'rejected' } });
    expect(await world.work()).toBe(1);
    expect(await payments()).toMatchObject({ 'power-company aggregator-1': '2400', 'aggregator-1 user-1': '960' });
    await world.db.transaction((tx) => world.module.get(JobStore).request(tx, town.event, 'ORDER', 'again'));
    await world.work();
    expect(await payments()).toMatchObject({ 'power-company aggregator-1': '2400' });
  });
});

describe('a dossier', () => {
  it.each([
    ['regulator', 'regulator', 'recomputed'],
    ['aggregator-1', 'aggregator', 'taken-from-sealed-total'],
    ['user-1', 'user', 'taken-from-sealed-total'],
  ] as const)('cut for %s verifies offline over all runs', async (party, role, settlement) => {
    await initialRun();
    await hear(world, [await town.correct('meter-1', 9n)]);
    await world.seal();
    await world.work();
    await world.seal();
    await finalRun();
    const token = await peers.token(party, role);
    const made = await world.module.get(DossierService).dossier(town.event, { party, role }, token);
    const read = readDossier(made.ok ? made.value : JSON.stringify(made.refusal));
    if (!read.ok) throw new Error(`${read.refusal.code} ${read.refusal.detail}`);
    const report = await verifyDossier(read.value, runInWorker);
    expect(report.steps.filter(({ broken }) => broken)).toEqual([]);
    expect(report.steps.at(-1)).toMatchObject({ name: 'settlement', outcome: settlement });
    expect(read.value.batchItems).toHaveLength(3 * { regulator: 3, aggregator: 2, user: 1 }[role]);
  });

  it('is refused until the newest run is sealed, and for who has no line', async () => {
    await committed();
    await world.work();
    const service = world.module.get(DossierService);
    const regulator = { party: 'regulator', role: 'regulator' } as const;
    expect(await service.dossier(town.event, regulator, 'own')).toMatchObject({ refusal: { code: 'not_sealed_yet' } });
    const stranger = { party: 'user-9', role: 'user' } as const;
    expect(await service.dossier(town.event, stranger, 'own')).toMatchObject({ refusal: { code: 'unknown_event' } });
  });
});

async function committed(): Promise<void> {
  await hear(world, town.commitments);
  await hear(world, [await town.commitWindow()]);
  await world.seal();
}

async function initialRun(): Promise<void> {
  await committed();
  expect(await world.work()).toBe(1);
  await world.seal();
}

async function finalRun(): Promise<void> {
  await world.module.get(RunReader).requestFinal(town.event, 'end of notice');
  expect(await world.work()).toBe(1);
  await world.seal();
  expect(await world.work()).toBe(1);
  await world.seal();
}

async function runs() {
  const found = await world.module.get(RunReader).runs(town.event, null);
  return found.ok ? found.value.runs : [];
}

async function pending() {
  const found = await world.module.get(RunReader).runs(town.event, null);
  return found.ok ? found.value.pending : [];
}

async function balances(run: number | null = null): Promise<Record<string, string>> {
  const sums: { account: string; sum: string }[] = await world.db.query(
    `SELECT account, sum(amount_fen)::text AS sum FROM journal_posting WHERE event = $1 AND ($2::int IS NULL OR run = $2)
     GROUP BY account`,
    [town.event, run],
  );
  return Object.fromEntries(sums.map(({ account, sum }) => [account, sum]));
}

async function payments(): Promise<Record<string, string>> {
  const sums: Record<string, bigint> = {};
  for (const { opening } of await world.module.get(OrderStore).list(world.db, town.event, null)) {
    const { payer, payee, amountFen } = opening.item;
    sums[`${payer} ${payee}`] = (sums[`${payer} ${payee}`] ?? 0n) + BigInt(amountFen);
  }
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, String(sum)]));
}

async function raise(user: 'user-1', change: object, signer: 'user-1' | 'user-2' = user) {
  const settlement = (await runs())[0]?.statement ?? '';
  const plain = { dispute: `d-${town.event}`, event: town.event, settlement, site: 'site-1' };
  const body = { ...plain, reason: 'wrong', evidenceSha256: null, ...change };
  const said = {
    at: AFTER,
    by: user,
    subject: town.event,
    parents: [body.settlement],
    salt: new Uint8Array(32).fill(5),
  };
  const statement = await signStatement(prepare({ type: 'dispute.raised', ...said, body }), [KEYS[signer]]);
  if (!statement.opening) throw new Error('no opening');
  return world.module.get(DisputeService).raise(statement.entry, statement.opening, user);
}

it('ends a bundle that exports no contract', async () => {
  await expect(runInWorker('export const nothing = 1;', '{}')).rejects.toThrow('runContract');
});
