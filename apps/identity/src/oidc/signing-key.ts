import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { type JWK, calculateJwkThumbprint } from 'jose';
import { createOrRead } from '../private-file.js';

/** The private key that signs tokens, as a JWK for the provider; from the service's own folder, made on first run. */
export async function loadSigningKey(stateDir: string): Promise<JWK> {
  const pem = await createOrRead(join(stateDir, 'issuer-signing-key.pem'), newKey);
  const jwk: JWK = createPrivateKey(pem).export({ format: 'jwk' });
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'EdDSA', use: 'sig' };
}

function newKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}
