import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { topicByName, type EventChanged, type SiteEnrolled } from '@gridpact/contracts';
import { type Instant, formatInstant, instant, instantOf, machineInstant } from '@gridpact/kernel';
import { LOGGER, REDIS } from '@gridpact/platform/app';
import type { KafkaBatch, KafkaMessage } from '@gridpact/platform/kafka';
import { Outbox } from '@gridpact/platform/outbox';
import { connectDataSource, dataSourceOptions, migrate, rows } from '@gridpact/platform/postgres';
import { logger } from '@gridpact/platform/telemetry';
import { ed25519Signer } from '@gridpact/statement';
import { type Frame, type FrameReading, signFrame } from '@gridpact/telemetry';
import { ed25519PrivateKey, toBase64Url } from '@gridpact/tlog';
import { Test, type TestingModule } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { INGEST_CONFIG, ingestEnv, type IngestConfig } from './config.js';
import { FollowedMessages } from './followed/followed.messages.js';
import { listeners, migrations, workers } from './ingest.module.js';
import { Sealer } from './sealing/sealer.js';

export const HOUR_MS = 3_600_000;
const jwk = (fill: number) => ({ kty: 'OKP', crv: 'Ed25519', d: Buffer.alloc(32, fill).toString('base64url') });

/** The day that tests meter: 15 July 2026 in Shanghai. */
export const MIDNIGHT = instantOf('2026-07-14T16:00:00.000Z');

/** An hour of that day. */
export function hour(n: number): Instant {
  return instant(MIDNIGHT + n * HOUR_MS);
}

/** A gateway's device, with its key. */
export interface Device {
  readonly gateway: string;
  readonly jwk: { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };
  /** A signed frame. */
  frame(seq: number, readings: readonly FrameReading[], sentAt?: Instant): Promise<Frame>;
}

/** Makes a device with a key of its own. */
export function deviceOf(gateway: string): Device {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { d } = z.object({ d: z.string() }).parse(privateKey.export({ format: 'jwk' }));
  const key = ed25519PrivateKey(Buffer.from(d, 'base64url'));
  const frame = (seq: number, readings: readonly FrameReading[], sentAt = hour(24 + seq)) => {
    return signFrame({ v: 1, gateway, seq, sentAt: formatInstant(sentAt), readings: [...readings] }, key);
  };
  return { gateway, jwk: { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(key.publicKey) }, frame };
}

/** A reading of an hour. */
export function readingOf(meter: string, start: Instant, kwh: number): FrameReading {
  const energyMicroKwh = (BigInt(kwh) * 1_000_000n).toString();
  return { meter, start: formatInstant(start), stepMs: HOUR_MS, energyMicroKwh, quality: 'raw' };
}

/** Everything of ingest but its ears and its schedule: handlers are called by hand, and nothing is sent. */
export interface World {
  readonly module: TestingModule;
  readonly source: DataSource;
  readonly sealer: Sealer;
  close(): Promise<void>;
}

/** Brings the schema forward; once per database. */
export async function migrated(migrationUrl: string): Promise<void> {
  await migrate({ GRIDPACT_SERVICE: 'ingest', GRIDPACT_MIGRATION_DATABASE_URL: migrationUrl }, [], migrations);
}

/** An ingest on a database. */
export async function ingestOn(url: string): Promise<World> {
  const log = logger('ingest');
  const source = await connectDataSource(dataSourceOptions(url, [], []), log);
  const outbox = new Outbox('ingest', { now: () => machineInstant(Date.now()) }, () => undefined);
  const config: Partial<IngestConfig> = { GRIDPACT_ZONE: ingestEnv.shape.GRIDPACT_ZONE.parse(undefined) };
  const sealer = new Sealer(source, outbox, ed25519Signer(jwk(9)), 'Asia/Shanghai');
  const module = await Test.createTestingModule({
    controllers: listeners,
    providers: [
      ...workers,
      { provide: INGEST_CONFIG, useValue: config },
      { provide: DataSource, useValue: source },
      { provide: LOGGER, useValue: log },
      { provide: REDIS, useValue: () => Promise.reject(new Error('no Redis here')) },
    ],
  }).compile();
  return { module, source, sealer, close: () => source.destroy() };
}

/** A batch as the strategy hands it over; every message has an id of its own unless one is given. */
export function batchOf<T>(topic: { name: string }, values: readonly T[], ids: readonly string[] = []): KafkaBatch<T> {
  const messages = values.map((value, at): KafkaMessage<T> => {
    const parsed = topicByName(topic.name).schema.parse(value) as T;
    return { id: ids[at] ?? randomUUID(), key: 'key', value: parsed, offset: String(at), timestamp: 0, headers: {} };
  });
  return { topic: topic.name, partition: 0, messages };
}

/** Enrols meters: each of the user `user-<meter>` with an aggregator. */
export async function enrol(world: World, aggregator: string, meters: readonly string[]): Promise<void> {
  const values = meters.map((meter) => enrolmentOf(meter, aggregator));
  await world.module.get(FollowedMessages).onEnrolments(batchOf({ name: 'aggregator.enrolment.v1' }, values));
}

/** An event of the given hours of the day enters a state. */
export async function eventIs(
  world: World,
  event: string,
  state: EventChanged['state'],
  revision: number,
  hours: readonly number[],
): Promise<void> {
  const value = eventOf(event, state, revision, hours);
  await world.module.get(FollowedMessages).onEvents(batchOf({ name: 'dispatcher.event.v1' }, [value]));
}

/** Leaf hash of the announcement of every event here. */
export const ANNOUNCED = 'ab'.repeat(32);

function eventOf(
  event: string,
  state: EventChanged['state'],
  revision: number,
  hours: readonly number[],
): EventChanged {
  const intervals = hours.map((start) => {
    return { start: formatInstant(hour(start)), end: formatInstant(hour(start + 1)), needWatt: '100000' };
  });
  const deadline = formatInstant(hour(-1));
  const announced = {
    ...{
      event,
      program: 'p-1',
      area: 'yiwu',
      direction: 'peak-cut' as const,
      responseType: 'day-ahead-invited' as const,
    },
    ...{
      intervals,
      priceCapMicroCnyPerKwh: '4000000',
      gateClosesAt: deadline,
      revealBy: deadline,
      confirmBy: deadline,
    },
  };
  return { event, state, revision, announced, statement: ANNOUNCED, programStatement: ANNOUNCED, at: deadline };
}

function enrolmentOf(meter: string, aggregator: string): SiteEnrolled {
  const [from, until] = ['2026-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'];
  const contract = {
    ...{ enrolment: `e-${meter}`, program: 'p-1', aggregator, user: `user-${meter}`, site: `site-${meter}`, meter },
    ...{ feeder: 'f-1', capabilityWatt: '100000', baselineMethod: 'CN_TYP5' as const, penaltyPassThrough: false },
    ...{ split: { kind: 'share' as const, aggregatorPercent: '20' }, silence: 'declined' as const },
    ...{ consent: { purpose: 'settlement', until }, from },
  };
  return { enrolment: contract.enrolment, statement: ANNOUNCED, contract, gateway: 'gw-01' };
}

/** Values that went to the outbox on a topic, in order. */
export async function outboxOf<T>(world: World, topic: { name: string }): Promise<T[]> {
  const sql = 'SELECT value FROM outbox WHERE topic = $1 ORDER BY id';
  const found = await rows<{ value: string }>(world.source, sql, [topic.name]);
  return found.map(({ value }) => JSON.parse(value) as T);
}
