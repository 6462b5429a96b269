import { randomUUID } from 'node:crypto';
import { topics } from '@gridpact/contracts';
import { freshDatabase, type FreshDatabase } from '@gridpact/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { JobStore } from '../jobs/job-store.js';
import { SealMessages } from '../ledger/seal.messages.js';
import { startPeers, type Peers } from '../peers.fixture.js';
import { SourceMessages } from '../sources/source.messages.js';
import { BUNDLE_FILE, sha256, Town } from '../town.fixture.js';
import { batchOf, hear, migrated, settlementOn, type World } from '../world.fixture.js';
import { RunComputer } from './run-computer.js';
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

describe('news that come late', () => {
  it('of a window sealed after the first, for meters that were late, lead to a true-up', async () => {
    await initialRun();
    await hear(world, [await town.commitWindow(() => 9n)]);
    await world.seal();
    expect(await world.work()).toBe(1);
    expect(await runs()).toMatchObject([{ kind: 'INITIAL' }, { kind: 'TRUE_UP', cause: 'late readings' }]);
  });

  it('told again lead to nothing', async () => {
    await initialRun();
    await hear(world, town.commitments);
    expect(await world.work()).toBe(0);
  });

  it('of an answer whose refusal came first are not waited for', async () => {
    const statement = sha256(`late answer of ${town.event}`);
    const refusal = { statement, code: 'received_late', detail: 'too late' };
    await world.module.get(SealMessages).onRefusals(batchOf(topics.refusal, [refusal]));
    await answered(statement);
    await initialRun();
    expect(await runs()).toHaveLength(1);
  });

  it('of an answer that is not sealed yet are waited for', async () => {
    await answered(sha256(`answer of ${town.event} on its way`));
    await told();
    expect(await world.work()).toBe(0);
    expect(await pending()).toMatchObject([{ code: 'not_sealed_yet', detail: expect.stringContaining('answer') }]);
  });

  it('of a commitment whose part ingest hands over already are waited for', async () => {
    const window = await town.commitWindow();
    await hear(world, [window]);
    await world.seal();
    expect(await world.work()).toBe(0);
    expect(await pending()).toMatchObject([{ code: 'not_sealed_yet', detail: expect.stringContaining('not told of') }]);
    await hear(world, town.commitments);
    expect(await world.work()).toBe(1);
    expect(await runs()).toMatchObject([{ totals: { amountFen: '3600' } }]);
  });

  it('while a run computes: it is not saved, and made again with them', async () => {
    await told();
    const computer = world.module.get(RunComputer);
    const compute = computer.compute.bind(computer);
    vi.spyOn(computer, 'compute').mockImplementationOnce(async (event, previous) => {
      const computed = await compute(event, previous);
      await ask((jobs, tx) => jobs.requestAgain(tx, event, 'outage flagged'));
      return computed;
    });
    await world.work();
    expect(await runs()).toEqual([]);
    await world.work();
    expect(await runs()).toHaveLength(1);
    expect(await pending()).toEqual([]);
  });

  it('come before a final run that was asked for meanwhile', async () => {
    await initialRun();
    await hear(world, [await town.correct('meter-1', 9n)]);
    await world.module.get(RunReader).requestFinal(town.event, 'end of notice');
    await world.seal();
    expect(await world.work()).toBe(1);
    await world.seal();
    expect(await world.work()).toBe(1);
    expect(await runs()).toMatchObject([
      { kind: 'INITIAL' },
      { kind: 'TRUE_UP', totals: { differenceFen: '-840' } },
      { kind: 'FINAL', totals: { differenceFen: '0' } },
    ]);
  });
});

async function told(): Promise<void> {
  await hear(world, town.commitments);
  await hear(world, [await town.commitWindow()]);
  await world.seal();
}

async function initialRun(): Promise<void> {
  await told();
  expect(await world.work()).toBe(1);
  await world.seal();
}

async function answered(statement: string): Promise<void> {
  const about = {
    event: town.event,
    aggregator: 'aggregator-1',
    user: 'user-1',
    site: 'site-1',
    instruction: 'i-late',
  };
  const answer = { ...about, statement, answer: 'declined' as const, intervals: [], earlier: null };
  await world.module.get(SourceMessages).onAnswers(batchOf(topics.confirmation, [answer]));
}

async function ask(what: (jobs: JobStore, tx: Parameters<JobStore['requestAgain']>[0]) => Promise<void>) {
  await world.db.transaction((tx) => what(world.module.get(JobStore), tx));
}

async function runs() {
  const found = await world.module.get(RunReader).runs(town.event, null);
  return found.ok ? found.value.runs : [];
}

async function pending() {
  const found = await world.module.get(RunReader).runs(town.event, null);
  return found.ok ? found.value.pending : [];
}
