import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { urlOf, WITNESSING_PARTIES } from './apps.ts';
import { passwordFrom, SERVICES, STAFF, type Stack } from './stack.ts';
import { passwordOf, writeWhole } from './state-folder.ts';

/** Folder in which a party keeps its keys; only its own processes get it. */
export function partyFolder(stack: Stack, party: string): string {
  return join(stack.stateDir, 'parties', party);
}

/** Folder of a service's own key and files. */
export function serviceFolder(stack: Stack, service: string): string {
  return join(stack.stateDir, 'services', service);
}

/** Public key of the log as a note verifier key; written when the log is opened. */
export function ledgerVkeyFile(stack: Stack): string {
  return join(stack.stateDir, 'public', 'ledger.vkey');
}

/** Folder of what everybody may read: the log's key, the witness policy, the genesis statement. */
export function publicFolder(stack: Stack): string {
  return join(stack.stateDir, 'public');
}

/** Bearer token with which services ask a party's signer; kept in the party's folder. */
export function signerTokenFile(stack: Stack, party: string): string {
  const path = join(partyFolder(stack, party), 'signer.token');
  if (!existsSync(path)) writeWhole(path, passwordOf(tokenSecret(stack), 'signer', party));
  return path;
}

/** Witnesses of the log with their keys, for the ledger and for everybody; see `publishWitnesses`. */
export function witnessesFile(stack: Stack): string {
  return join(publicFolder(stack), 'witnesses.json');
}

/** Writes the OAuth clients: all of them for identity, and each party's own into its folder (`clients.json`). */
export function writeClients(stack: Stack): void {
  const seeded = [...SERVICES.map((id) => ({ id, party: id, roles: ['service'] })), ...STAFF].map((client) => ({
    ...client,
    secret: passwordFrom(stack.clients, client.id),
  }));
  const write = (path: string, clients: typeof seeded) =>
    writeWhole(path, `${JSON.stringify(clients, undefined, 2)}\n`);
  write(join(serviceFolder(stack, 'identity'), 'clients.json'), seeded);
  for (const party of new Set(STAFF.map((account) => account.party))) {
    write(
      join(partyFolder(stack, party), 'clients.json'),
      seeded.filter((client) => client.party === party),
    );
  }
}

/** Copies the witnesses' public keys, which each wrote into its party's folder, to where the ledger reads them. */
export function publishWitnesses(stack: Stack): void {
  const witnesses = WITNESSING_PARTIES.map((party) => ({
    party,
    url: urlOf(stack.ports.base, `witness-${party}`),
    vkey: readFileSync(join(partyFolder(stack, party), 'witness.vkey'), 'utf8').trim(),
    ...(party.startsWith('aggregator') ? { group: 'aggregators' } : {}),
  }));
  writeWhole(witnessesFile(stack), `${JSON.stringify(witnesses, undefined, 2)}\n`, READABLE);
}

const READABLE = 0o644;

/** Tokens are derived from a secret that no app gets. */
function tokenSecret(stack: Stack): string {
  return readFileSync(join(stack.stateDir, 'secret'), 'utf8').trim();
}
