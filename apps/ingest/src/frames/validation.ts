import { type Instant, type Result, ok, refuse } from '@gridpact/kernel';
import {
  type Frame,
  type FrameReading,
  type VeeCode,
  checkFrameSignature,
  checkReading,
  clockRunsAhead,
} from '@gridpact/telemetry';
import { ed25519PublicKey, fromBase64Url } from '@gridpact/tlog';
import type { RegisteredMeter } from '../gateways/gateway-store.js';

/** Why a frame that Kafka holds counts for nothing. */
export type FrameCode = 'unknown_gateway' | 'unsigned' | 'bad_signature' | 'clock_ahead';
/** Why one reading of a frame counts for nothing. */
export type ReadingCode = VeeCode | 'unknown_meter' | 'foreign_meter';

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
