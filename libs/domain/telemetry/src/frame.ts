import { type Result, ok, parseInstant, refuse } from '@gridpact/kernel';
import {
  ED25519_SIGNATURE_BYTES,
  type Ed25519PublicKey,
  type SigningKey,
  fromBase64Url,
  fromUtf8,
  toBase64Url,
  utf8,
} from '@gridpact/tlog';
import canonicalize from 'canonicalize';
import { z } from 'zod';

/** Most readings in one frame. */
export const MAX_FRAME_READINGS = 1000;
/** Longest frame accepted, bytes of JSON. */
export const MAX_FRAME_BYTES = 256 * 1024;
/** Longest metering interval, one day. */
const MAX_STEP_MS = 86_400_000;

const instantText = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'UTC with milliseconds')
  .refine((text) => parseInstant(text).ok, 'an instant that exists');
const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, 'letters, digits, dot, colon, underscore, hyphen');

/** How a value came about: read from the register, or filled in and flagged. */
export const readingQuality = z.enum(['raw', 'estimated']);

/** Energy of one interval `[start, start + stepMs)` of one meter, signed (negative: fed in), micro-kWh as a decimal. */
export const frameReading = z.strictObject({
  meter: id,
  start: instantText,
  stepMs: z.int().min(60_000).max(MAX_STEP_MS),
  energyMicroKwh: z.string().regex(/^(0|-?[1-9]\d{0,17})$/, 'a decimal integer in a string'),
  quality: readingQuality,
});

/**
 * What a gateway sends: readings of its meters under a sequence number of its own. `signature` is its device key's
 * Ed25519 signature, base64url, over {@link frameSigningBytes}.
 */
export const frame = z.strictObject({
  v: z.literal(1),
  gateway: id,
  seq: z.int().min(0),
  sentAt: instantText,
  readings: z.array(frameReading).min(1).max(MAX_FRAME_READINGS),
  signature: z
    .string()
    .regex(/^[A-Za-z0-9_-]{86}$/, 'an Ed25519 signature in base64url')
    .optional(),
});

export type Frame = z.infer<typeof frame>;
export type FrameReading = z.infer<typeof frameReading>;
export type ReadingQuality = z.infer<typeof readingQuality>;

/** Why a frame is refused as a whole. `contradictory` readings name one interval twice with different values. */
export type FrameRefusal = 'frame_too_large' | 'not_json' | 'frame_schema' | 'contradictory';

/** Reads a frame from its bytes (JSON, UTF-8). Refuses what is too long, malformed, or contradicts itself. */
export function parseFrame(bytes: Uint8Array): Result<Frame, FrameRefusal> {
  if (bytes.length > MAX_FRAME_BYTES) return refuse('frame_too_large', `a frame has at most ${MAX_FRAME_BYTES} bytes`);
  const value = parseJson(bytes);
  if (value === undefined) return refuse('not_json', 'a frame is JSON in UTF-8');
  const parsed = frame.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuse('frame_schema', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'malformed'}`);
  }
  const twice = contradiction(parsed.data.readings);
  if (twice) return refuse('contradictory', `meter ${twice.meter} has two values at ${twice.start}`);
  return ok(parsed.data);
}

/** Bytes that the device signs: the frame without its signature in RFC 8785 canonical JSON. */
export function frameSigningBytes({ v, gateway, seq, sentAt, readings }: Frame): Uint8Array {
  return utf8(canonicalize({ v, gateway, seq, sentAt, readings }) ?? '');
}

/** The frame with its device's signature. */
export async function signFrame(unsigned: Frame, key: SigningKey): Promise<Frame> {
  const signature = await key.sign(frameSigningBytes(unsigned));
  return { ...unsigned, signature: toBase64Url(signature) };
}

/** Whether a frame carries its device's signature; refuses one that carries another's or a broken one. */
export function checkFrameSignature(
  received: Frame,
  deviceKey: Ed25519PublicKey,
): Result<'signed' | 'unsigned', 'bad_signature'> {
  if (received.signature === undefined) return ok('unsigned');
  const signature = fromBase64Url(received.signature);
  const genuine =
    signature.length === ED25519_SIGNATURE_BYTES && deviceKey.verify(frameSigningBytes(received), signature);
  return genuine ? ok('signed') : refuse('bad_signature', `frame ${received.seq} is not signed by ${received.gateway}`);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch {
    return undefined;
  }
}

function contradiction(readings: readonly FrameReading[]): FrameReading | undefined {
  const seen = new Map<string, FrameReading>();
  return readings.find((reading) => {
    const place = `${reading.start} ${reading.meter}`;
    const before = seen.get(place) ?? reading;
    seen.set(place, before);
    return before.energyMicroKwh !== reading.energyMicroKwh || before.quality !== reading.quality;
  });
}
