import { topics, type Committed, type FrameReceived, type Submission } from '@gridpact/contracts';
import { type Instant, formatInstant, instant, instantOf } from '@gridpact/kernel';
import { rows } from '@gridpact/platform/postgres';
import {
  type BatchOpening,
  type BodyOf,
  type Statement,
  parseStatement,
  verifyBatchOpening,
} from '@gridpact/statement';
import { type Frame, type IntervalRecord, type MeterSeriesItem, seriesRoot } from '@gridpact/telemetry';
import { type FreshDatabase, freshDatabase } from '@gridpact/testing';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { FrameMessages } from './frames/frames.messages.js';
import { GatewayStore } from './gateways/gateway-store.js';
import { blindedMeter } from './sealing/seal-statement.js';
import { SeriesReader } from './series/series-reader.js';
import {
  ANNOUNCED,
  HOUR_MS,
  type World,
  batchOf,
  deviceOf,
  enrol,
  eventIs,
  hour,
  ingestOn,
  migrated,
  outboxOf,
  readingOf,
} from './world.fixture.js';

const stack = inject('stack');
const METERS = ['m-1', 'm-2'];
const HOURS = Array.from({ length: 24 }, (_, n) => n);
const ALL = { all: true, aggregator: null, user: null };
const DAY = { from: formatInstant(hour(0)), to: formatInstant(hour(24)) };
const MINUTE_MS = 60_000;

let databases: FreshDatabase[];
let worlds: World[];
let world: World;
const device = deviceOf('gw-01');

beforeEach(async () => {
  databases = [];
  worlds = [];
  world = await newWorld();
});

afterEach(async () => {
  for (const one of worlds) await one.close();
  for (const database of databases) await database.drop();
});

describe('frames', () => {
  it('make the same series and the same sealed roots, however often and in whatever order they come', async () => {
    const frames = await dayFrames();
    frames.push(await device.frame(30, [readingOf('m-1', hour(3), 77)], hour(25)));
    await take(world, frames);
    const other = await newWorld();
    for (const one of [...frames, ...frames].reverse()) await take(other, [one]);
    await world.sealer.sealDue(hour(31));
    await other.sealer.sealDue(hour(31));
    const [straight, shuffled] = [await parts(world), await parts(other)];
    expect(straight).toHaveLength(METERS.length);
    expect(shuffled.map(({ opening }) => opening.item)).toEqual(straight.map(({ opening }) => opening.item));
    expect(shuffled.map(({ records }) => records)).toEqual(straight.map(({ records }) => records));
    expect(straight[0]?.records[3]).toMatchObject({ energyMicroKwh: '77000000', version: 2, frame: { seq: 30 } });
  });

  it('that carry two values under one number end alike whichever came first', async () => {
    const two = [
      await device.frame(1, [readingOf('m-1', hour(1), 5)]),
      await device.frame(1, [readingOf('m-1', hour(1), 6)]),
    ];
    await take(world, two);
    const other = await newWorld();
    for (const one of two.reverse()) await take(other, [one]);
    await Promise.all([world, other].map((one) => one.sealer.sealDue(hour(31))));
    expect((await parts(other))[0]?.opening.item).toEqual((await parts(world))[0]?.opening.item);
  });

  it('change nothing when Kafka is replayed, not even what was refused then and would be granted now', async () => {
    const stranger = deviceOf('gw-02');
    const messages = batchFor([
      ...(await dayFrames()),
      await stranger.frame(1, [readingOf('m-9', hour(1), 1)], hour(2)),
    ]);
    await world.module.get(FrameMessages).onFrames(messages);
    await world.sealer.sealDue(hour(31));
    const before = await footprint();
    const meters = [{ meter: 'm-9', stepMs: HOUR_MS, maximumWatt: '500000' }];
    const registered = await world.module
      .get(GatewayStore)
      .register('aggregator-1', [{ gateway: 'gw-02', jwk: stranger.jwk, meters }]);
    expect(registered.ok).toBe(true);
    await world.module.get(FrameMessages).onFrames(messages);
    expect(await world.sealer.sealDue(hour(40))).toBe(0);
    expect(await footprint()).toEqual(before);
  });

  it('with a wrong, a missing or a foreign signature count for nothing, and the reason is kept', async () => {
    const [good] = await dayFrames();
    if (!good) throw new Error('no frame');
    const { signature: _signature, ...unsigned } = good;
    const forged = await deviceOf('gw-01').frame(2, [readingOf('m-1', hour(1), 9)]);
    const unknown = await deviceOf('gw-77').frame(1, [readingOf('m-1', hour(1), 9)]);
    await take(world, [{ ...unsigned, seq: 1 }, forged, unknown, { ...good, seq: 3 }]);
    expect(await refusals()).toEqual(['1 unsigned', '2 bad_signature', '1 unknown_gateway', '3 bad_signature']);
    expect(await rows(world.source, 'SELECT FROM observation')).toHaveLength(0);
  });

  it('lose only the readings that validation refuses', async () => {
    const later = readingOf('m-1', hour(24 * 30), 1);
    const readings = [
      readingOf('m-1', hour(1), 5),
      readingOf('m-1', hour(2), 9999),
      readingOf('m-8', hour(2), 1),
      later,
    ];
    await take(world, [await device.frame(1, readings)]);
    expect(await refusals()).toEqual(['1 over_maximum', '1 unknown_meter', '1 in_future']);
    expect(await rows(world.source, 'SELECT FROM observation')).toHaveLength(1);
  });
});

describe('a closed day', () => {
  it('is sealed once, six hours after its end, under roots that its records prove', async () => {
    await take(world, await dayFrames());
    expect(await world.sealer.sealDue(instant(hour(30) - 1))).toBe(0);
    expect(await world.sealer.sealDue(hour(30))).toBe(1);
    expect(await world.sealer.sealDue(hour(31))).toBe(0);
    const [statement] = await sealed();
    expect(statement?.envelope).toMatchObject({
      type: 'telemetry.committed',
      by: 'ingest',
      subject: 'telemetry',
      parents: [],
    });
    const { batch } = openBody(statement, 'telemetry.committed');
    const served = await parts(world);
    expect(served.map(({ opening }) => opening.recipient)).toEqual(METERS);
    for (const { opening, records } of served) {
      expect(verifyBatchOpening(batch, opening)).toMatchObject({ ok: true });
      expect(seriesRoot(records.map(recordOf))).toBe(opening.item.root);
      expect(records).toHaveLength(24);
    }
  });

  it('waits six hours for its newest reading, and leaves meters out that are not enrolled', async () => {
    const [first, ...rest] = await dayFrames();
    await take(world, rest, hour(24));
    await take(world, first ? [first] : [], hour(28));
    expect(await world.sealer.sealDue(hour(33))).toBe(0);
    expect(await world.sealer.sealDue(hour(34))).toBe(1);
    await take(world, [await device.frame(40, [readingOf('m-3', hour(1), 1)])], hour(34));
    expect(await world.sealer.sealDue(hour(60))).toBe(0);
  });

  it('is corrected by a late value after quiet, with old and new root and the meter blinded', async () => {
    await take(world, await dayFrames());
    await world.sealer.sealDue(hour(30));
    const [original] = await parts(world);
    await take(world, [await device.frame(40, [readingOf('m-1', hour(3), 77)], hour(40))], hour(40));
    expect(await world.sealer.sealDue(instant(hour(40) + 5 * MINUTE_MS - 1))).toBe(0);
    expect(await world.sealer.sealDue(instant(hour(40) + 5 * MINUTE_MS))).toBe(1);
    const [committed, corrected] = await sealed();
    expect(corrected?.envelope).toMatchObject({ type: 'telemetry.corrected', parents: [committed?.leafHash] });
    const body = openBody(corrected, 'telemetry.corrected');
    const newest = (await parts(world)).find(({ corrects }) => corrects === committed?.leafHash);
    expect(newest?.opening.item).toMatchObject({ meter: 'm-1', version: 2 });
    const blinded = blindedMeter('m-1', newest?.opening.salt ?? '');
    expect(body.corrections).toEqual([
      { meter: blinded, oldRoot: original?.opening.item.root, newRoot: newest?.opening.item.root },
    ]);
    expect(newest && verifyBatchOpening(body.batch, newest.opening)).toMatchObject({ ok: true });
    expect(await outboxOf<Committed>(world, topics.commitment)).toMatchObject([
      { corrects: null, meters: 2 },
      { corrects: committed?.leafHash, meters: 1 },
    ]);
  });

  it('keeps the later sent value when an earlier one comes after it, under a version that tells of both', async () => {
    await take(world, await dayFrames());
    await world.sealer.sealDue(hour(30));
    await take(world, [await device.frame(40, [readingOf('m-1', hour(3), 77)], hour(40))], hour(40));
    await world.sealer.sealDue(hour(41));
    const before = await sealed();
    await take(world, [await device.frame(39, [readingOf('m-1', hour(3), 78)], hour(39))], hour(42));
    expect(await world.sealer.sealDue(hour(43))).toBe(1);
    const ofMeter = (await parts(world)).filter(({ opening }) => opening.recipient === 'm-1');
    expect(ofMeter.at(-1)?.records[3]).toMatchObject({ energyMicroKwh: '77000000', version: 3 });
    expect(await sealed()).toHaveLength(before.length + 1);
  });
});

describe('the window of an event', () => {
  const end = hour(16);
  const due = instant(end + 10 * MINUTE_MS);

  beforeEach(async () => {
    await take(world, (await dayFrames()).slice(0, 16), end);
    await eventIs(world, 'ev-1', 'active', 1, [14, 15]);
  });

  it('is sealed ten minutes after its end, from midnight on, following from the announcement', async () => {
    expect(await world.sealer.sealDue(due)).toBe(0);
    await eventIs(world, 'ev-1', 'ended', 2, [14, 15]);
    expect(await world.sealer.sealDue(instant(due - 1))).toBe(0);
    expect(await world.sealer.sealDue(due)).toBe(1);
    expect(await world.sealer.sealDue(instant(due + 1))).toBe(0);
    const [statement] = await sealed();
    expect(statement?.envelope).toMatchObject({ subject: 'ev-1', parents: [ANNOUNCED] });
    const body = openBody(statement, 'telemetry.committed');
    expect(body).toMatchObject({ kind: 'event-window', event: 'ev-1', from: DAY.from, to: formatInstant(end) });
  });

  it('is corrected when a gap is filled, and sealed for a meter that had sent nothing', async () => {
    await eventIs(world, 'ev-1', 'ended', 2, [14, 15]);
    await enrol(world, 'aggregator-1', ['m-3']);
    await rows(world.source, `DELETE FROM observation WHERE meter = 'm-1' AND start_at = $1`, [
      formatInstant(hour(15)),
    ]);
    await world.sealer.sealDue(due);
    const late = [readingOf('m-1', hour(15), 4), readingOf('m-3', hour(15), 4)];
    await take(world, [await device.frame(50, late, hour(17))], hour(17));
    expect(await world.sealer.sealDue(hour(18))).toBe(2);
    const statements = await sealed();
    expect(statements.map(({ envelope }) => envelope.type).sort()).toEqual([
      'telemetry.committed',
      'telemetry.committed',
      'telemetry.corrected',
    ]);
    const counts = (await parts(world)).map(({ opening: { item } }) => [item.version, item.count]);
    expect(counts).toContainEqual([2, 16]);
  });

  it('shows what was metered so far to those whom it concerns', async () => {
    const reader = world.module.get(SeriesReader);
    const live = await reader.live('ev-1', { all: false, aggregator: 'aggregator-1', user: null });
    expect(live?.map(({ aggregators }) => aggregators)).toEqual([
      [{ aggregator: 'aggregator-1', meters: 2, meteredMicroKwh: '30000000' }],
      [{ aggregator: 'aggregator-1', meters: 2, meteredMicroKwh: '32000000' }],
    ]);
    const foreign = await reader.live('ev-1', { all: false, aggregator: 'aggregator-2', user: null });
    expect(foreign?.map(({ aggregators }) => aggregators)).toEqual([[], []]);
    expect(await reader.live('nobody', ALL)).toBeNull();
  });
});

describe('a sealed series', () => {
  it('is absent for those whom it does not concern', async () => {
    await take(world, await dayFrames());
    await world.sealer.sealDue(hour(30));
    const seen = async (sight: object) => {
      return (await parts(world, { ...ALL, all: false, ...sight })).map(({ opening }) => opening.recipient);
    };
    expect(await seen({ aggregator: 'aggregator-1' })).toEqual(METERS);
    expect(await seen({ aggregator: 'aggregator-2' })).toEqual([]);
    expect(await seen({ user: 'user-m-2' })).toEqual(['m-2']);
    expect(await seen({})).toEqual([]);
  });
});

interface Part {
  readonly corrects: string | null;
  readonly opening: BatchOpening<MeterSeriesItem>;
  readonly records: readonly RecordJson[];
}
type RecordJson = Omit<IntervalRecord, 'start' | 'energyMicroKwh'> & { start: string; energyMicroKwh: string };

async function newWorld(): Promise<World> {
  const database = await freshDatabase(stack, 'ingest');
  databases.push(database);
  await migrated(database.migrationUrl);
  const made = await ingestOn(database.url);
  worlds.push(made);
  const meters = [...METERS, 'm-3'].map((meter) => ({ meter, stepMs: HOUR_MS, maximumWatt: '500000' }));
  await made.module.get(GatewayStore).register('aggregator-1', [{ gateway: 'gw-01', jwk: device.jwk, meters }]);
  await enrol(made, 'aggregator-1', METERS);
  return made;
}

/** One frame for each hour of the day, with both meters' readings: hour n has n + 1 kWh. */
function dayFrames(): Promise<Frame[]> {
  return Promise.all(
    HOURS.map((n) =>
      device.frame(
        n,
        METERS.map((meter) => readingOf(meter, hour(n), n + 1)),
        hour(n + 1),
      ),
    ),
  );
}

function batchFor(frames: readonly Frame[], receivedAt: Instant = hour(24)) {
  const values = frames.map(({ gateway, ...rest }): FrameReceived => {
    const bytes = Buffer.from(JSON.stringify({ ...rest, gateway }));
    return { gateway, frame: bytes.toString('base64'), receivedAt: formatInstant(receivedAt) };
  });
  return batchOf(topics.frame, values);
}

/** Frames arrive from Kafka, when the newest of them was sent unless said otherwise. */
async function take(by: World, frames: readonly Frame[], receivedAt?: Instant): Promise<void> {
  const newest = Math.max(...frames.map(({ sentAt }) => instantOf(sentAt)));
  await by.module.get(FrameMessages).onFrames(batchFor(frames, receivedAt ?? instant(newest)));
}

async function parts(of: World, sight = ALL): Promise<Part[]> {
  const served: Part[] = [];
  const lines = of.module.get(SeriesReader).parts([...METERS, 'm-3'], DAY, sight);
  for await (const line of lines) served.push(JSON.parse(line) as Part);
  return served;
}

async function sealed(): Promise<Statement[]> {
  const submitted = await outboxOf<Submission>(world, topics.submission);
  return submitted.map(({ entry }) => {
    const parsed = parseStatement(Buffer.from(entry, 'base64'));
    if (!parsed.ok) throw new Error(parsed.refusal.detail);
    return parsed.value;
  });
}

function openBody<T extends 'telemetry.committed' | 'telemetry.corrected'>(
  statement: Statement | undefined,
  type: T,
): BodyOf<T> {
  const { envelope } = statement ?? {};
  if (envelope?.type !== type || !('open' in envelope.body)) throw new Error(`this is no ${type}`);
  return envelope.body.open as BodyOf<T>;
}

function recordOf(json: RecordJson): IntervalRecord {
  return { ...json, start: instantOf(json.start), energyMicroKwh: BigInt(json.energyMicroKwh) };
}

async function refusals(): Promise<string[]> {
  const found = await rows<{ line: string }>(
    world.source,
    `SELECT seq || ' ' || code AS line FROM refused_frame ORDER BY id`,
  );
  return found.map(({ line }) => line);
}

function footprint(): Promise<unknown[]> {
  const tables = ['observation', 'unsealed', 'refused_frame', 'commitment', 'sealed_part', 'outbox', 'inbox'];
  const counts = tables.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`);
  return rows(world.source, `SELECT ${counts.join(', ')}`);
}
