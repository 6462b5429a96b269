import { topics } from '@gridpact/contracts';
import { instantOf } from '@gridpact/kernel';
import { rows } from '@gridpact/platform/postgres';
import { openBodyOf, parsePromise, verifyBatchOpening, isOfType } from '@gridpact/statement';
import { freshDatabase, type FreshDatabase } from '@gridpact/testing';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { ClearingStore } from './clearing/clearing-store.js';
import { ConfirmationMessages } from './dispatch/confirmation.messages.js';
import { EventFigures } from './event/event-figures.js';
import { EventReader } from './event/event-reader.js';
import { EventService } from './event/event.service.js';
import { ProgressMessages } from './event/progress.messages.js';
import {
  batchOf,
  dispatcherOn,
  eventBody,
  migrated,
  programBody,
  sent,
  type SettableClock,
  type World,
} from './life.fixture.js';
import { dayOf, GATE } from './day.fixture.js';
import { NominationMessages } from './nomination/nomination.messages.js';
import { NominationStore } from './nomination/nomination-store.js';
import { VtnService } from './openadr/vtn.service.js';
import { ProgramService } from './program/program.service.js';
import { Scheduler } from './schedule/scheduler.js';

const stack = inject('stack');
const MORNING = '2026-07-01T08:00:00.000Z';
const BEFORE_GATE = '2026-07-01T11:59:59.999Z';
const REVEALED = '2026-07-01T13:00:00.000Z';
const CONFIRMED = '2026-07-02T08:00:00.000Z';
const START = '2026-07-02T10:00:00.000Z';
const END = '2026-07-02T12:00:00.000Z';

let database: FreshDatabase;
let world: World;
const clock: SettableClock = { at: instantOf(MORNING), revision: 0 };
let events = 0;
let event: string;
let announced: string;

const { offer, receive, nominate, seal, lookUntilIdle, state, decisions, changes, awards, submittedStatements } = dayOf(
  () => ({ world, event, announced }),
);

beforeAll(async () => {
  database = await freshDatabase(stack, 'dispatcher');
  await migrated(database.migrationUrl);
});
afterAll(() => database.drop());

beforeEach(async () => {
  clock.at = instantOf(MORNING);
  clock.revision = 0;
  world = await dispatcherOn(database.url, clock);
  events += 1;
  event = `ev-${events}`;
  const program = `p-${events}`;
  const published = await world.module.get(ProgramService).publish(programBody(program, world.bundleSha256), clock.at);
  expect(published).toMatchObject({ ok: true });
  const outcome = await world.module.get(EventService).announce(eventBody(event, program), clock.at);
  if (!outcome.ok) throw new Error(outcome.refusal.detail);
  announced = outcome.value.statement;
});
afterEach(async () => {
  await world.close();
});

describe('an announcement', () => {
  it('is signed by two people, handed to the ledger and told to all, together', async () => {
    const submitted = await submittedStatements();
    const statement = submitted.find(({ leafHash }) => leafHash === announced);
    expect(statement?.signatures.length).toBe(2);
    expect((await changes()).map(({ state, revision }) => [state, revision])).toEqual([['announced', 1]]);
  });

  it('is refused when the program or the notice is missing, or the event stands already', async () => {
    const again = (change: object) =>
      world.module.get(EventService).announce({ ...eventBody(event, `p-${events}`), ...change }, clock.at);
    expect(await again({})).toMatchObject({ refusal: { code: 'event_exists' } });
    expect(await again({ event: 'x', program: 'nobody' })).toMatchObject({ refusal: { code: 'unknown_program' } });
    clock.at = instantOf('2026-07-02T06:00:00.001Z');
    const short = { event: 'x', gateClosesAt: '2026-07-02T06:30:00.000Z', revealBy: '2026-07-02T07:00:00.000Z' };
    expect(await again(short)).toMatchObject({ refusal: { code: 'notice_too_short' } });
  });

  it('needs a program whose bundle is the one that is loaded', async () => {
    const wrong = programBody('p-other', 'ab'.repeat(32));
    const outcome = await world.module.get(ProgramService).publish(wrong, clock.at);
    expect(outcome).toMatchObject({ ok: false, refusal: { code: 'bundle_mismatch' } });
  });
});

describe('the gate', () => {
  it('promises what came a millisecond before it and refuses what came at it', async () => {
    const [early, late] = [await offer('aggregator-1'), await offer('aggregator-2')];
    clock.at = instantOf(BEFORE_GATE);
    await receive(early.committed);
    clock.at = instantOf(GATE);
    await receive(late.committed);
    const [first, second] = await decisions();
    const promise = first?.outcome.accepted ? parsePromise(Buffer.from(first.outcome.promise, 'base64')) : undefined;
    expect(promise).toMatchObject({
      value: { promise: { statement: early.committed.leafHash, receivedAt: clock.at - 1 } },
    });
    expect(second?.outcome).toMatchObject({ accepted: false, code: 'late' });
    const sealed = (await submittedStatements()).map(({ leafHash }) => leafHash);
    expect([sealed.includes(early.committed.leafHash), sealed.includes(late.committed.leafHash)]).toEqual([
      true,
      false,
    ]);
  });

  it('keeps the moment of first receipt when a statement comes again after it', async () => {
    const { committed } = await offer('aggregator-1');
    clock.at = instantOf(BEFORE_GATE);
    await receive(committed, 'message-1');
    clock.at = instantOf(GATE);
    await receive(committed, 'message-1');
    expect(await decisions()).toHaveLength(1);
    await receive(committed, 'message-2');
    const [first, again] = await decisions();
    expect(again).toEqual(first);
    expect(first?.outcome.accepted).toBe(true);
  });

  it('keeps the moment of first receipt when the answer failed the first time', async () => {
    const { committed } = await offer('aggregator-1');
    clock.at = instantOf(BEFORE_GATE);
    const keys = Reflect.get(world.module.get(NominationMessages), 'keys') as { of: unknown };
    const working = keys.of;
    keys.of = () => Promise.reject(new TypeError('the ledger is away'));
    await expect(receive(committed, 'message-1')).rejects.toThrow('away');
    keys.of = working;
    clock.at = instantOf(GATE);
    await receive(committed, 'message-1');
    expect((await decisions()).map(({ outcome }) => outcome.accepted)).toEqual([true]);
  });

  it('waits while the newest clock mapping is not followed', async () => {
    const source = world.module.get(DataSource);
    await rows(source, `INSERT INTO clock_mapping VALUES ($1, '{}', $2)`, [events, `clock-${events}`]);
    clock.revision = events - 1;
    const { committed } = await offer('aggregator-1');
    await expect(receive(committed)).rejects.toThrow('not followed');
    clock.at = instantOf(END);
    expect(await world.module.get(Scheduler).look()).toBe(0);
    await rows(source, 'DELETE FROM clock_mapping');
  });

  it('refuses garbage, foreign signatures and wrong subjects, and stores none of it in the book', async () => {
    const { committed } = await offer('aggregator-1');
    const foreign = { ...sent(committed), aggregator: 'aggregator-2' };
    const elsewhere = { ...sent(committed), event: 'ev-none' };
    const garbage = { ...sent(committed), entry: 'AAAA' };
    const messages = world.module.get(NominationMessages);
    await messages.onNominations(batchOf(topics.nomination, [garbage]));
    await messages.onNominations(batchOf(topics.nomination, [foreign]));
    expect((await decisions()).map(({ outcome }) => !outcome.accepted && outcome.code)).toEqual([
      'not_a_statement',
      'wrong_statement',
    ]);
    await messages.onNominations(batchOf(topics.nomination, [elsewhere]));
    expect(await world.module.get(NominationStore).book(world.module.get(DataSource), event)).toEqual([]);
  });
});

describe('clearing', () => {
  it('waits for the log index of every nomination, then happens once though two schedulers look', async () => {
    const { committed, revealed } = await offer('aggregator-1', '60000', '2000000');
    await nominate([committed], [revealed]);
    clock.at = instantOf(REVEALED);
    await lookUntilIdle();
    expect(await state()).toBe('gate-closed');
    await seal([committed]);
    const other = await dispatcherOn(database.url, clock);
    const looks = [world, other].map(({ module }) => module.get(Scheduler).look());
    expect((await Promise.all(looks)).reduce((sum, steps) => sum + steps)).toBe(1);
    await other.close();
    await lookUntilIdle();
    expect(await state()).toBe('cleared');
    expect(await awards()).toHaveLength(1);
    const computed = (await submittedStatements()).filter(({ envelope }) => envelope.type === 'clearing.computed');
    expect(computed).toHaveLength(1);
  });

  it('awards in merit order at one price, and proves each award against the sealed root', async () => {
    const cheap = await offer('aggregator-1', '70000', '1500000');
    const dear = await offer('aggregator-2', '70000', '2500000');
    await nominate([cheap.committed, dear.committed], [cheap.revealed, dear.revealed]);
    await seal([dear.committed, cheap.committed]);
    clock.at = instantOf(REVEALED);
    await lookUntilIdle();
    const stored = await world.module.get(ClearingStore).awards(world.module.get(DataSource), event);
    const powers = stored.map(({ award }) => [award.aggregator, award.priceMicroCnyPerKwh, award.intervals[0]?.watt]);
    expect(powers).toEqual([
      ['aggregator-1', '2500000', '70000'],
      ['aggregator-2', '2500000', '30000'],
    ]);
    const computed = (await submittedStatements()).find((statement) => isOfType(statement, 'clearing.computed'));
    if (!computed || !isOfType(computed, 'clearing.computed')) throw new Error('clearing was not submitted');
    const { awards: batch, nominations } = openBodyOf(computed);
    expect(nominations).toEqual([dear.committed.leafHash, cheap.committed.leafHash]);
    expect(stored.map(({ opening }) => verifyBatchOpening(batch, opening).ok)).toEqual([true, true]);
  });

  it('excludes with its reason who did not reveal, revealed something else, or was late', async () => {
    const silent = await offer('aggregator-1');
    const cheat = await offer('aggregator-2');
    await nominate([silent.committed, cheat.committed], [cheat.cheated]);
    await receive((await offer('aggregator-1')).committed);
    await seal([silent.committed, cheat.committed]);
    clock.at = instantOf(REVEALED);
    await lookUntilIdle();
    const clearing = await world.module.get(ClearingStore).byEvent(world.module.get(DataSource), event);
    const codes = clearing?.result.excluded.map(({ aggregator, code }) => [aggregator, code]).sort();
    expect(codes).toEqual([
      ['aggregator-1', 'late'],
      ['aggregator-1', 'not_revealed'],
      ['aggregator-2', 'reveal_mismatch'],
    ]);
    expect(await awards()).toEqual([]);
    expect(await state()).toBe('cleared');
  });

  it('waits for the answer to a nomination that was received in time', async () => {
    const source = world.module.get(DataSource);
    clock.at = instantOf(GATE);
    await world.module
      .get(NominationStore)
      .arrive(source.manager, { nomination: 'ab'.repeat(32), event, aggregator: 'aggregator-1' }, clock.at);
    clock.at = instantOf(REVEALED);
    await lookUntilIdle();
    expect(await state()).toBe('gate-closed');
    await rows(source, 'DELETE FROM arrival WHERE statement = $1', ['ab'.repeat(32)]);
    await lookUntilIdle();
    expect(await state()).toBe('cleared');
  });
});

describe('a restart in the middle', () => {
  it('at any step leads to the same life, the same statements and one message per state', async () => {
    const mine = await offer('aggregator-1', '60000', '2000000');
    const steps = [
      async () => receive(mine.committed),
      async () => seal([mine.committed]),
      async () => void (clock.at = instantOf(GATE)),
      async () => receive(mine.revealed),
      async () => void (clock.at = instantOf(REVEALED)),
      async () => void (clock.at = instantOf(CONFIRMED)),
      async () => void (clock.at = instantOf(START)),
      async () => void (clock.at = instantOf(END)),
    ];
    for (const step of steps) {
      await step();
      await lookUntilIdle();
      await world.close();
      world = await dispatcherOn(database.url, clock);
    }
    expect((await changes()).map(({ state: reached, revision }) => [reached, revision])).toEqual([
      ['announced', 1],
      ['gate-closed', 2],
      ['cleared', 3],
      ['confirmed', 4],
      ['active', 5],
      ['ended', 6],
    ]);
    const types = (await submittedStatements()).map(({ envelope }) => envelope.type);
    expect(types).toEqual([
      'event.announced',
      'nomination.committed',
      'nomination.revealed',
      'clearing.computed',
      'award.issued',
      'dispatch.sent',
    ]);
  });
});

describe('a started event', () => {
  const cleared = async (): Promise<void> => {
    const { committed, revealed } = await offer('aggregator-1', '60000', '2000000');
    await nominate([committed], [revealed]);
    await seal([committed]);
    clock.at = instantOf(START);
    await lookUntilIdle();
    expect(await state()).toBe('active');
  };
  const caller = (party: string, role: string) => ({ sub: party, party, roles: [role] });
  const query = { targets: [], skip: 0, limit: 50, active: false, programID: undefined };
  const seenBy = async (party: string, role: string) => {
    const found = await world.module
      .get(VtnService)
      .searchEvents(caller(party, role), { ...query, programID: `p-${events}` });
    return found.map(({ id }) => id).sort();
  };

  it('is seen by every VEN, and its powers by their aggregator alone', async () => {
    await cleared();
    expect(await seenBy('gw-1', 'device')).toEqual([event]);
    expect(await seenBy('aggregator-2', 'aggregator')).toEqual([event]);
    expect(await seenBy('aggregator-1', 'aggregator')).toEqual([event, `${event}-aggregator-1`]);
    const foreign = await world.module
      .get(VtnService)
      .event(caller('aggregator-2', 'aggregator'), `${event}-aggregator-1`);
    expect(foreign).toMatchObject({ ok: false, refusal: { code: 'unknown_event' } });
    const own = await world.module.get(VtnService).event(caller('aggregator-1', 'aggregator'), `${event}-aggregator-1`);
    expect(own).toMatchObject({ value: { objectType: 'EVENT', intervals: [{ payloads: [{ values: [-60] }] }, {}] } });
  });

  it('that is called off disappears for VENs, and gateways are told', async () => {
    await cleared();
    const outcome = await world.module.get(EventService).cancel(event, 'the need is gone', clock.at);
    expect(outcome).toMatchObject({ ok: true, value: { event: { state: 'cancelled', from: 'active' } } });
    expect(await seenBy('operator', 'operator')).toEqual([]);
    const told = await rows<{ operation: string }>(
      world.module.get(DataSource),
      `SELECT payload::jsonb ->> 'operation' AS operation FROM gateway_message
       WHERE payload::jsonb -> 'object' ->> 'id' = $1 ORDER BY id`,
      [event],
    );
    expect(told.map(({ operation }) => operation)).toEqual(['CREATE', 'DELETE']);
    expect(await world.module.get(EventService).cancel(event, 'again', clock.at)).toMatchObject({
      refusal: { code: 'wrong_state' },
    });
  });

  it('shows what was needed, nominated, awarded and confirmed; an answer counts once and a later one replaces it', async () => {
    await cleared();
    const answer = (watt: string, statement: string) => ({
      event,
      aggregator: 'aggregator-1',
      user: 'user-1',
      site: 'site-1',
      instruction: 'i-1',
      statement: statement.repeat(32),
      answer: 'part' as const,
      intervals: [{ start: START, end: '2026-07-02T11:00:00.000Z', watt }],
      earlier: null,
    });
    const messages = world.module.get(ConfirmationMessages);
    const batch = batchOf(topics.confirmation, [answer('50000', 'aa'), answer('40000', 'bb')]);
    await messages.onConfirmations(batch);
    await messages.onConfirmations({ ...batch, messages: batch.messages.slice(0, 1) });
    const stored = await world.module.get(EventReader).byId(event);
    const figures = stored ? await world.module.get(EventFigures).of(stored) : [];
    expect(figures.map((f) => [f.neededWatt, f.nominatedWatt, f.awardedWatt, f.confirmedWatt])).toEqual([
      ['100000', '60000', '60000', '40000'],
      ['100000', '60000', '60000', '0'],
    ]);
  });

  it('is measured and settled by what ingest and settlement say, in whichever order and however often', async () => {
    await cleared();
    clock.at = instantOf(END);
    await lookUntilIdle();
    const window = {
      commitment: 'c',
      kind: 'event-window' as const,
      event,
      from: START,
      to: END,
      statement: 'ab'.repeat(32),
      corrects: null,
      meters: 1,
    };
    const totals = {
      lines: 0,
      committedMicroKwh: '0',
      curtailmentMicroKwh: '0',
      paidMicroKwh: '0',
      amountFen: '0',
      aggregatorFen: '0',
      userFen: '0',
      differenceFen: '0',
    };
    const run = (number: number) => ({
      event,
      run: number,
      kind: 'INITIAL' as const,
      statement: 'cd'.repeat(32),
      totals,
    });
    const progress = world.module.get(ProgressMessages);
    await progress.onResults(batchOf(topics.result, [run(1), run(1)]));
    await progress.onCommitments(batchOf(topics.commitment, [window]));
    expect(await state()).toBe('settled');
    await progress.onResults(batchOf(topics.result, [run(2), run(1)]));
    const settled = (await changes()).filter((change) => change.state === 'settled');
    expect(settled.map(({ revision }) => revision)).toEqual([7, 8]);
  });
});

describe('the database', () => {
  it('refuses a move that the rules do not know, whoever asks', async () => {
    const leap = rows(
      world.module.get(DataSource),
      `UPDATE dr_event SET state = 'active', revision = revision + 1 WHERE id = $1`,
      [event],
    );
    await expect(leap).rejects.toThrow('cannot go from announced');
  });
});
