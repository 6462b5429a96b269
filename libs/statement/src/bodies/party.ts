import { rulePack } from '@gridpact/program';
import { z } from 'zod';
import { isSoundKey } from '../keys.js';
import { suiteName } from '../suites/suite.js';
import { instantText, leafHashHex, partyId, watt, base64urlText } from './fields.js';

/** What a party may do in the log; the ledger derives from it which statement types its keys may sign. */
export const partyRole = z.enum(['power-company', 'aggregator', 'user', 'regulator', 'registry', 'service', 'device']);

/** A public key as a JWK (RFC 7517) with its RFC 7638 thumbprint as `kid`; `use` names what it signs within its party. */
export const partyKey = z
  .strictObject({
    kid: base64urlText,
    suite: suiteName,
    jwk: z.record(z.string(), z.string()),
    use: z.string().max(40),
  })
  .refine(isSoundKey, 'a public key of its suite, its public members only, with its thumbprint as kid');

/** A party and the keys that speak for it. `operator` names who runs a service party. */
export const partyRecord = z.strictObject({
  party: partyId,
  role: partyRole,
  operator: partyId.nullable(),
  keys: z.array(partyKey).min(1).max(16),
});

/** First entry of a log: who takes part, which keys speak for them, and the witness policy (C2SP tlog-policy text). */
export const logGenesis = z.strictObject({
  origin: z.string().max(200),
  environment: z.enum(['sandbox', 'production']),
  parties: z.array(partyRecord).min(1).max(64),
  policy: z.string().max(8000),
});

/** A party joins; signed by the registry and by the party's own first key. */
export const partyRegistered = z.strictObject({ ...partyRecord.shape, registrar: partyId });

/** A party's key ends; validity is judged by log order. */
export const keyRevoked = z.strictObject({ party: partyId, kid: base64urlText, reason: z.string().max(500) });

/** A further key for a party, signed by an existing key of it or by the registry. */
export const keyGranted = z.strictObject({ party: partyId, key: partyKey });

/** Sandbox only: the mapping from machine time to business time. */
export const clockSet = z.strictObject({
  revision: z.int().min(1),
  machineEpoch: instantText,
  businessEpoch: instantText,
  ratePermille: z.int().min(0).max(86_400_000),
});

/** A program with its rules, and the SHA-256 (hex) of the code bundle that settles it. */
export const programPublished = z.strictObject({
  program: z.string().max(100),
  rulePack,
  bundleSha256: leafHashHex,
});

/** How a user's money is divided: the aggregator's share in percent with up to two decimals, the rest is the user's. */
export const split = z.strictObject({
  kind: z.literal('share'),
  aggregatorPercent: z.string().regex(/^(100|\d{1,2}(\.\d{1,2})?)$/),
});

/** The contract that replaces the stamped paper form; signed by aggregator and user. */
export const enrolmentAgreed = z.strictObject({
  enrolment: z.string().max(100),
  program: z.string().max(100),
  aggregator: partyId,
  user: partyId,
  site: z.string().max(100),
  meter: z.string().max(100),
  feeder: z.string().max(100),
  capabilityWatt: watt,
  baselineMethod: rulePack.shape.baselineMethods.element,
  split,
  penaltyPassThrough: z.boolean(),
  silence: rulePack.shape.silence,
  consent: z.strictObject({ purpose: z.string().max(500), until: instantText }),
  from: instantText,
});

/** Limits within which the aggregator may confirm for the user. */
export const standingOfferSigned = z.strictObject({
  offer: z.string().max(100),
  enrolment: z.string().max(100),
  maximumWatt: watt,
  floorPriceMicroCnyPerKwh: watt,
  from: instantText,
  until: instantText,
});

/** Shapes of {@link partyRole}, {@link partyKey} and {@link partyRecord}. */
export type PartyRole = z.infer<typeof partyRole>;
export type PartyKey = z.infer<typeof partyKey>;
export type PartyRecord = z.infer<typeof partyRecord>;
