import type { FrameReceived } from '@gridpact/contracts';
import { type Instant, type Result, instantOf, ok, refuse } from '@gridpact/kernel';
import {
  type Frame,
  type FrameReading,
  type Observation,
  type VeeCode,
  checkFrameSignature,
  checkReading,
  clockRunsAhead,
  observationsOf,
  parseFrame,
} from '@gridpact/telemetry';
import { ed25519PublicKey, fromBase64Url } from '@gridpact/tlog';
import type { RegisteredMeter } from '../gateways/gateway-store.js';
import type { RefusedRow } from './refused-store.js';

/** Why a frame that Kafka holds counts for nothing. */
export type FrameCode = 'unreadable' | 'unknown_gateway' | 'unsigned' | 'bad_signature' | 'clock_ahead';
/** Why one reading of a frame counts for nothing. */
export type ReadingCode = VeeCode | 'unknown_meter' | 'foreign_meter';

/** A frame from Kafka; null where its bytes are none, which ingest itself never produces. */
export interface Received {
  readonly gateway: string;
  readonly frame: Frame | null;
  readonly receivedAt: Instant;
}

/** What a frame comes to: the observations of its sound readings, and the rest with reasons. */
export interface Judged {
  readonly observations: readonly Observation[];
  readonly refused: readonly RefusedRow[];
}

/** Reads a message of the frame topic. */
export function receivedOf({ gateway, frame, receivedAt }: FrameReceived): Received {
  const parsed = parseFrame(Buffer.from(frame, 'base64'));
  return { gateway, frame: parsed.ok ? parsed.value : null, receivedAt: instantOf(receivedAt) };
}

/** Judges a frame by its device's key, the register of meters, and the time at which it arrived; never by now. */
export function judge(
  { gateway, frame, receivedAt }: Received,
  deviceKey: string | undefined,
  meters: ReadonlyMap<string, RegisteredMeter>,
): Judged {
  const place = { gateway, seq: frame?.seq ?? -1, receivedAt };
  if (!frame) return wholly({ ...place, code: 'unreadable', detail: 'not a frame' });
  const sound = checkFrame(frame, deviceKey, receivedAt);
  if (!sound.ok) return wholly({ ...place, ...sound.refusal });
  const codes = frame.readings.map((reading) => readingCode(reading, gateway, meters.get(reading.meter), receivedAt));
  const refused = frame.readings.flatMap(({ meter, start, energyMicroKwh }, index) => {
    const code = codes[index];
    return code ? [{ ...place, meter, start, code, detail: `${energyMicroKwh} micro-kWh` }] : [];
  });
  const readings = frame.readings.filter((_, index) => codes[index] === null);
  return { observations: observationsOf({ ...frame, readings }), refused };
}

/** Checks a frame as a whole: known gateway, its device's signature, its clock. */
export function checkFrame(received: Frame, deviceKey: string | undefined, now: Instant): Result<true, FrameCode> {
  if (deviceKey === undefined) return refuse('unknown_gateway', `no gateway ${received.gateway} is registered`);
  const signed = checkFrameSignature(received, ed25519PublicKey(fromBase64Url(deviceKey)));
  if (!signed.ok) return signed;
  if (signed.value === 'unsigned') return refuse('unsigned', 'frames must be signed by their device');
  return clockRunsAhead(received, now) ? refuse('clock_ahead', `it was sent at ${received.sentAt}`) : ok(true);
}

/** Why a reading is refused; null when nothing speaks against it. */
export function readingCode(
  reading: FrameReading,
  gateway: string,
  meter: RegisteredMeter | undefined,
  now: Instant,
): ReadingCode | null {
  if (!meter) return 'unknown_meter';
  if (meter.gateway !== gateway) return 'foreign_meter';
  return checkReading(reading, { ...meter, feedsIn: false }, now);
}

function wholly(refused: Omit<RefusedRow, 'meter' | 'start'>): Judged {
  return { observations: [], refused: [{ ...refused, meter: '', start: '' }] };
}
