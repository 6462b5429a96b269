import { createHash, randomInt } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type Instant, type Result, ok, plusMs, refuse } from '@gridpact/kernel';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import type { BusinessClock } from '@gridpact/platform/clock';
import { submissionOf } from '@gridpact/platform/ledger-client';
import { Outbox } from '@gridpact/platform/outbox';
import { inTransaction } from '@gridpact/platform/postgres';
import { type Signer, type Statement, addSignature, publicMembers } from '@gridpact/statement';
import { DataSource, type EntityManager } from 'typeorm';
import { addClient, isPartyTaken } from '../oidc/client-store.js';
import { countRefusedTry, lockCode, saveCode, useCode } from './code-store.js';
import { CODE_LIFETIME_MS, type EnrolledRole, type EnrolmentCode, codeDigest, newCode } from './enrolment-code.js';
import { type AcceptedRegistration, type RegistrationRefusal, acceptRegistration } from './registration.js';
import { findRegistration, saveRegistration } from './registration-store.js';

/** The registry's secrets, both from the service's own folder. */
export interface RegistryKeys {
  /** Signs as the party `registry`. */
  readonly signer: Signer;
  /** Keys the digests under which codes are stored. */
  readonly codeKey: Uint8Array;
}
export const REGISTRY_KEYS = Symbol('REGISTRY_KEYS');

/** A code as handed over, once, in clear. */
export interface IssuedCode {
  readonly party: string;
  readonly code: string;
  readonly expiresAt: Instant;
}

/** Answer to a registration: the leaf hash (hex) under which to ask for the receipt. */
export interface Registered {
  readonly party: string;
  readonly statement: string;
}

/** Hands out enrolment codes and binds each party's first key. */
@Injectable()
export class Registrar {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
    @Inject(REGISTRY_KEYS) private readonly keys: RegistryKeys,
  ) {}

  /** A code for a party that has no key yet; an earlier one that still waits is void from now on. */
  async issueCode(party: string, role: EnrolledRole): Promise<Result<IssuedCode, 'party_taken'>> {
    const code = newCode((bound) => randomInt(bound));
    const expiresAt = plusMs(this.clock.now(), CODE_LIFETIME_MS);
    const issued: EnrolmentCode = { party, role, expiresAt, refusedTries: 0, usedByEntry: null };
    const saved = await inTransaction(this.dataSource, async (tx) => {
      const taken = await isPartyTaken(tx, party);
      return !taken && saveCode(tx, issued, codeDigest(this.keys.codeKey, code));
    });
    return saved ? ok({ party, code, expiresAt }) : refuse('party_taken', `${party} has a key or a client already`);
  }

  /** Registers the key that signed `entry`; the same bytes again get the same answer, also after the code is used. */
  async register(code: string, entry: Uint8Array): Promise<Result<Registered, RegistrationRefusal>> {
    const digest = codeDigest(this.keys.codeKey, code);
    return inTransaction(this.dataSource, async (tx) => {
      const found = await lockCode(tx, digest);
      if (found?.usedByEntry === sha256Hex(entry)) return this.repeated(tx, found.party);
      const accepted = acceptRegistration(found, entry, this.clock.now());
      const outcome = accepted.ok ? await this.save(tx, accepted.value) : accepted;
      if (!outcome.ok && found) await countRefusedTry(tx, found.party);
      return outcome;
    });
  }

  private async repeated(tx: EntityManager, party: string): Promise<Result<Registered, never>> {
    const registration = await findRegistration(tx, party);
    if (!registration) throw new Error(`the code of ${party} is used, but nothing is registered`);
    return ok({ party, statement: registration.statement });
  }

  private async save(tx: EntityManager, accepted: AcceptedRegistration): Promise<Result<Registered, 'key_in_use'>> {
    const { statement, code, key } = accepted;
    const { party, role } = code;
    const sealed = await addSignature(statement, this.keys.signer);
    const registration = { party, role, kid: key.kid, registeredAt: this.clock.now() };
    const saved = await saveRegistration(tx, { ...registration, statement: sealed.leafHash, entry: sealed.entry });
    if (!saved) return refuse('key_in_use', `key ${key.kid} is registered for another party; make a new one`);
    await useCode(tx, party, sha256Hex(statement.entry));
    await this.admit(tx, accepted, sealed);
    return ok({ party, statement: sealed.leafHash });
  }

  /** Opens the token endpoint to the key, and sends the statement to the log. */
  private async admit(tx: EntityManager, { code, key }: AcceptedRegistration, sealed: Statement): Promise<void> {
    const alg = key.suite === 'ed25519' ? 'EdDSA' : 'ES256';
    const proof = { kind: 'key', alg, jwk: { ...publicMembers(key.jwk), kid: key.kid } } as const;
    await addClient(tx, { id: code.party, party: code.party, roles: [code.role], proof });
    await this.outbox.add(tx, submissionOf(sealed.entry, { audience: [code.party] }));
  }
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
