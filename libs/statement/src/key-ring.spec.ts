import { instant } from '@gridpact/kernel';
import { toBase64Url } from '@gridpact/tlog';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PartyRole } from './bodies/party.js';
import { prepare } from './envelope.js';
import { KeyRing } from './key-ring.js';
import { publicKeyOf } from './keys.js';
import { checkSigners } from './signers.js';
import { type Statement, signStatement, verifySignatures } from './statement.js';
import { ed25519Signer } from './suites/ed25519.js';
import type { KeySigner } from './suites/suite.js';
import type { BodyOf, StatementType } from './types.js';

const signer = (fill: number): KeySigner =>
  ed25519Signer({ kty: 'OKP', crv: 'Ed25519', d: toBase64Url(new Uint8Array(32).fill(fill)) });
const [operator, approver, aggregator, regulator, registry, user, second, service] = [1, 2, 3, 4, 5, 6, 7, 8].map(
  signer,
) as [KeySigner, KeySigner, KeySigner, KeySigner, KeySigner, KeySigner, KeySigner, KeySigner];

const record = (party: string, role: PartyRole, ...keys: [KeySigner, string][]) => ({
  party,
  role,
  operator: role === 'service' ? 'power-company' : null,
  keys: keys.map(([key, use]) => ({ ...publicKeyOf(key, use), jwk: { ...key.jwk } })),
});
const genesis: BodyOf<'log.genesis'> = {
  origin: 'gridpact.test/log',
  environment: 'sandbox',
  policy: 'quorum none\n',
  parties: [
    record('power-company', 'power-company', [operator, 'operator'], [approver, 'approver']),
    record('aggregator-1', 'aggregator', [aggregator, 'signing']),
    record('regulator', 'regulator', [regulator, 'signing']),
    record('identity', 'registry', [registry, 'registry']),
    record('ingest', 'service', [service, 'signing']),
  ],
};
const founders = [operator, aggregator, regulator, registry];

async function said<T extends StatementType>(
  type: T,
  by: string,
  body: BodyOf<T>,
  signers: KeySigner[],
): Promise<Statement> {
  return signStatement(prepare({ type, at: instant(0), by, subject: 'log', parents: [], body }) as never, signers);
}

/** What the ledger does with a statement: verify by log order, check signers, check order, learn. */
function seal(ring: KeyRing, statement: Statement, index: number): string {
  const signed = verifySignatures(statement, ring.forStatement(statement, index));
  if (!signed.ok) return signed.refusal.code;
  const signers = checkSigners(statement.envelope.type, statement.envelope.by, signed.value);
  if (!signers.ok) return signers.refusal.code;
  const admitted = ring.admits(statement, signed.value);
  if (!admitted.ok) return admitted.refusal.code;
  ring.learn(statement, index);
  return 'sealed';
}

describe('a key ring', () => {
  let ring: KeyRing;
  beforeEach(async () => {
    ring = new KeyRing();
    expect(seal(ring, await said('log.genesis', 'power-company', genesis, founders), 0)).toBe('sealed');
  });
  const registration = (party = 'user-1', key = user, signers = [registry, user]) =>
    said('party.registered', 'identity', { ...record(party, 'user', [key, 'phone']), registrar: 'identity' }, signers);

  it('opens only when every party that can has signed', async () => {
    const fresh = new KeyRing();
    const without = (gone: KeySigner) => founders.filter((one) => one !== gone);
    const opened = async (signers: KeySigner[]) =>
      seal(fresh, await said('log.genesis', 'power-company', genesis, signers), 0);
    for (const gone of [aggregator, regulator, registry]) expect(await opened(without(gone))).toBe('signer_missing');
    expect(await opened(without(operator))).toBe('by_not_signer');
    const twin = { ...genesis, parties: [...genesis.parties, record('shadow', 'service', [service, 'signing'])] };
    expect(seal(fresh, await said('log.genesis', 'power-company', twin, founders), 0)).toBe('key_taken');
    expect(await opened(founders)).toBe('sealed');
  });

  it('takes a party that registry and party sign, once', async () => {
    expect(seal(ring, await registration('user-1', user, [registry, second]), 1)).toBe('unknown_key');
    expect(seal(ring, await registration('user-1', user, [registry]), 1)).toBe('signer_missing');
    expect(seal(ring, await registration(), 1)).toBe('sealed');
    expect(seal(ring, await registration(), 2)).toBe('key_taken');
    expect(seal(ring, await registration('user-1', second, [registry, second]), 2)).toBe('party_taken');
    expect(ring.at(user.kid, 1)).toMatchObject({ party: 'user-1', role: 'user', fromIndex: 1, untilIndex: null });
    expect(ring.at(user.kid, 0)).toBeUndefined();
  });

  it('ends a key by log order and leaves what it signed before', async () => {
    seal(ring, await registration(), 1);
    const grant = (signers: KeySigner[], by = 'user-1') => {
      const { use, ...key } = { ...publicKeyOf(second, 'phone'), jwk: { ...second.jwk } };
      return said('key.granted', by, { party: 'user-1', key: { ...key, use } }, signers);
    };
    const revoke = (kid: string, signers: KeySigner[], by: string) =>
      said('key.revoked', by, { party: 'user-1', kid, reason: 'phone lost' }, signers);
    expect(seal(ring, await grant([aggregator], 'aggregator-1'), 2)).toBe('key_foreign');
    expect(seal(ring, await grant([second]), 2)).toBe('unknown_key');
    expect(seal(ring, await grant([user]), 2)).toBe('sealed');
    expect(seal(ring, await revoke(user.kid, [aggregator], 'aggregator-1'), 3)).toBe('key_foreign');
    expect(seal(ring, await revoke(operator.kid, [second], 'user-1'), 3)).toBe('key_unknown');
    expect(seal(ring, await revoke(user.kid, [second], 'user-1'), 3)).toBe('sealed');
    expect(seal(ring, await revoke(user.kid, [second], 'user-1'), 4)).toBe('key_unknown');
    expect(seal(ring, await grant([user]), 4)).toBe('unknown_key');
    expect([ring.at(user.kid, 2)?.kid, ring.at(user.kid, 3)]).toEqual([user.kid, undefined]);
    expect(new KeyRing(ring.keys()).keys()).toEqual(ring.keys());
  });

  it('lets a key of the power company alone neither announce nor award in a foreign role', async () => {
    const cancelled = (signers: KeySigner[]) =>
      said('event.cancelled', 'power-company', { event: 'event-1', reason: 'rain' }, signers);
    expect(seal(ring, await cancelled([operator]), 1)).toBe('signer_missing');
    expect(seal(ring, await cancelled([operator, approver, aggregator]), 1)).toBe('signer_foreign');
    expect(seal(ring, await cancelled([operator, approver]), 1)).toBe('sealed');
  });
});
