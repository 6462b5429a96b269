import { ed25519Suite } from './suites/ed25519.js';
import { p256Suite } from './suites/p256.js';
import type { PublicJwk, Suite, SuiteName } from './suites/suite.js';

/**
 * The closed registry of signing suites. A name without an implementation is known but refused (`unknown_suite`);
 * `sm2-sm3` (JWS header `SM2SM3`) takes its place here without any other change.
 */
const SUITES: Readonly<Record<SuiteName, Suite | undefined>> = {
  ed25519: ed25519Suite,
  'p256-sha256': p256Suite,
  'sm2-sm3': undefined,
};

/** The suite of a name; undefined when this build does not implement it. */
export function suiteOf(name: SuiteName): Suite | undefined {
  return SUITES[name];
}

/** The suite that a JWS header's `alg` names; undefined for any other. */
export function suiteOfAlg(alg: string): Suite | undefined {
  return Object.values(SUITES).find((suite) => suite?.alg === alg);
}

/** A public key of a party: its suite, its JWK and the JWK's thumbprint. */
export interface PublicKeyRecord {
  readonly kid: string;
  readonly suite: SuiteName;
  readonly jwk: PublicJwk;
}

/**
 * True when `signature` is the key's over `message`. False also for a key of an unknown suite or a malformed JWK, so
 * that no caller can mistake the absence of a check for a check.
 */
export function verifyWith(key: PublicKeyRecord, message: Uint8Array, signature: Uint8Array): boolean {
  return (verifiers.get(key) ?? verifierOf(key))(message, signature);
}

type Verify = (message: Uint8Array, signature: Uint8Array) => boolean;

/** Parsing a key costs as much as a verification; a record that stays alive is parsed once. */
const verifiers = new WeakMap<PublicKeyRecord, Verify>();

function verifierOf(key: PublicKeyRecord): Verify {
  const verify = suiteOf(key.suite)?.verifier(key.jwk) ?? (() => false);
  verifiers.set(key, verify);
  return verify;
}
