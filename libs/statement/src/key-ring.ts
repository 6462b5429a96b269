import { type Result, ok, refuse } from '@gridpact/kernel';
import type { PartyKey, PartyRecord, PartyRole } from './bodies/party.js';
import type { SignedBy } from './signers.js';
import { type Statement, isOfType, openBodyOf } from './statement.js';
import type { BodyOf } from './types.js';

/** A party's key with its life in the log: validity is judged by index, never by clock. */
export interface KeyInLog extends Readonly<PartyKey>, SignedBy {
  /** Who runs a service party; null for all others. */
  readonly operator: string | null;
  /** Index of the entry that brought the key. */
  readonly fromIndex: number;
  /** Leaf hash (hex) of that entry. */
  readonly statement: string;
  /** Index of the entry that ended it; the key signs nothing from there on. */
  readonly untilIndex: number | null;
}

/** Why a statement about parties or keys is out of order. */
export type KeyRefusal =
  'party_taken' | 'party_unknown' | 'key_taken' | 'key_unknown' | 'key_foreign' | 'signer_missing';

/** Every key that a log has named, in log order; the ledger, phones and the verifier hold the same. */
export class KeyRing {
  readonly #keys: Map<string, KeyInLog>;

  constructor(keys: Iterable<KeyInLog> = []) {
    this.#keys = new Map(Array.from(keys, (key) => [key.kid, key]));
  }

  /** All keys, ended ones too. */
  keys(): KeyInLog[] {
    return [...this.#keys.values()];
  }

  /** The key of a thumbprint if it is valid for an entry at `index`. */
  at(kid: string, index: number): KeyInLog | undefined {
    const key = this.#keys.get(kid);
    const ended = key?.untilIndex !== null && (key?.untilIndex ?? 0) <= index;
    return key && key.fromIndex <= index && !ended ? key : undefined;
  }

  /** True when some valid or ended key speaks for the party. */
  knows(party: string): boolean {
    return this.keys().some((key) => key.party === party);
  }

  /** Keys that may sign `statement` at `index`: the valid ones, and those that it brings itself (a party's first). */
  forStatement(statement: Statement, index: number): (kid: string) => KeyInLog | undefined {
    const first = isOfType(statement, 'key.granted') ? [] : this.#broughtBy(statement, index);
    return (kid) => this.at(kid, index) ?? first.find((key) => key.kid === kid);
  }

  /** Checks that a statement about keys fits what the log has said before; grants all other types. */
  admits(statement: Statement, signedBy: readonly SignedBy[]): Result<void, KeyRefusal> {
    const kids = this.#broughtBy(statement, 0).map(({ kid }) => kid);
    const taken = kids.find((kid, index) => this.#keys.has(kid) || kids.indexOf(kid) !== index);
    if (taken) return refuse('key_taken', `key ${taken} is in the log already`);
    if (isOfType(statement, 'log.genesis')) return allSign(openBodyOf(statement).parties, signedBy);
    if (isOfType(statement, 'party.registered')) return this.#admitsParty(openBodyOf(statement), signedBy);
    if (isOfType(statement, 'key.granted')) return this.#admitsGrant(openBodyOf(statement).party, signedBy);
    if (isOfType(statement, 'key.revoked')) return this.#admitsRevocation(openBodyOf(statement), signedBy);
    return ok(undefined);
  }

  /** Takes in a sealed statement; returns the keys that it brought or ended, for whoever stores them. */
  learn(statement: Statement, index: number): readonly KeyInLog[] {
    const changed = isOfType(statement, 'key.revoked')
      ? this.#endedBy(openBodyOf(statement).kid, index)
      : this.#broughtBy(statement, index);
    for (const key of changed) this.#keys.set(key.kid, key);
    return changed;
  }

  #broughtBy(statement: Statement, index: number): KeyInLog[] {
    const origin = { fromIndex: index, statement: statement.leafHash, untilIndex: null };
    return this.#partiesOf(statement).flatMap(({ party, role, operator, keys }) =>
      keys.map((key) => ({ ...key, party, role, operator, ...origin })),
    );
  }

  /** The parties, each with the keys that the statement brings for it. */
  #partiesOf(statement: Statement): PartyRecord[] {
    if (isOfType(statement, 'log.genesis')) return openBodyOf(statement).parties;
    if (isOfType(statement, 'party.registered')) return [openBodyOf(statement)];
    if (!isOfType(statement, 'key.granted')) return [];
    const { party, key } = openBodyOf(statement);
    const older = this.keys().find((known) => known.party === party);
    return older ? [{ party, role: older.role, operator: older.operator, keys: [key] }] : [];
  }

  #endedBy(kid: string, index: number): KeyInLog[] {
    const key = this.#keys.get(kid);
    return key?.untilIndex === null ? [{ ...key, untilIndex: index }] : [];
  }

  #admitsParty({ party, registrar }: BodyOf<'party.registered'>, signedBy: SignedByList): Result<void, KeyRefusal> {
    if (this.knows(party)) return refuse('party_taken', `${party} is registered already`);
    if (!signedBy.some((key) => key.party === party)) return refuse('signer_missing', `${party} must sign itself`);
    if (signedBy.some((key) => key.role === 'registry' && key.party === registrar)) return ok(undefined);
    return refuse('signer_missing', `the registrar ${registrar} must sign`);
  }

  #admitsGrant(party: string, signedBy: SignedByList): Result<void, KeyRefusal> {
    return this.knows(party) ? ownOrRegistry(party, signedBy) : refuse('party_unknown', `${party} is not registered`);
  }

  #admitsRevocation({ party, kid }: BodyOf<'key.revoked'>, signedBy: SignedByList): Result<void, KeyRefusal> {
    const key = this.#keys.get(kid);
    if (key?.party === party && key.untilIndex === null) return ownOrRegistry(party, signedBy);
    return refuse('key_unknown', `${party} has no valid key ${kid}`);
  }
}

type SignedByList = readonly SignedBy[];

/** Every party of the genesis vouches for all of it, save services and devices, which their operators name. */
function allSign(parties: readonly PartyRecord[], signedBy: SignedByList): Result<void, KeyRefusal> {
  const mute = new Set<PartyRole>(['service', 'device']);
  const silent = parties.find(({ party, role }) => !mute.has(role) && !signedBy.some((key) => key.party === party));
  return silent ? refuse('signer_missing', `${silent.party} must sign the genesis`) : ok(undefined);
}

/** Keys come and go by a key of the same party or by the registry. */
function ownOrRegistry(party: string, signedBy: SignedByList): Result<void, KeyRefusal> {
  const foreign = signedBy.find((key) => key.party !== party && key.role !== 'registry');
  return foreign ? refuse('key_foreign', `${foreign.party} may not change the keys of ${party}`) : ok(undefined);
}
