import { mkdtemp } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machineInstant } from '@gridpact/kernel';
import {
  consistencyProof,
  ed25519Cosigner,
  ed25519NoteSigner,
  ed25519PrivateKey,
  formatAddCheckpoint,
  formatCheckpoint,
  formatVkey,
  leafHash,
  merkleRoot,
  noteVerifier,
  signNote,
  utf8,
  type SigningKey,
} from '@gridpact/tlog';
import { replaceDurably, type ReplaceFile } from './durable-file.js';
import type { KnownLogs } from './known-logs.js';
import { witnessServer } from './server.js';
import { openViewStore } from './view-store.js';
import { Witness } from './witness.js';

export const ORIGIN = 'log.example/gridpact';
export const NOW_MS = 1_790_000_000_999;

export const keyOf = (byte: number): SigningKey => ed25519PrivateKey(new Uint8Array(32).fill(byte));

/** The key of the log, of the witness, and of somebody else who calls himself the log. */
export const LOG = ed25519NoteSigner(ORIGIN, keyOf(1));
export const COSIGNER = ed25519Cosigner('regulator.witness.example', keyOf(2));
export const IMPOSTOR = ed25519NoteSigner(ORIGIN, keyOf(3));

const entries = Array.from({ length: 300 }, (_, i) => leafHash(utf8(`entry ${i}`)));
const forkedEntries = entries.map((hash, i) => (i < 5 ? hash : leafHash(utf8(`other entry ${i}`))));

/** Signed checkpoint of the log at a size; of its fork, from entry 5 on, when asked. */
export async function checkpoint(size: number, { fork = false, signer = LOG, root = rootOf(size, fork) } = {}) {
  return signNote(formatCheckpoint({ origin: ORIGIN, size, root, extensions: [] }), [signer]);
}

/** The request that moves a witness from one size to another. */
export async function request(oldSize: number, size: number, { fork = false } = {}): Promise<string> {
  const proof = consistencyProof((fork ? forkedEntries : entries).slice(0, size), oldSize);
  return formatAddCheckpoint({ oldSize, proof, checkpoint: await checkpoint(size, { fork }) });
}

export function rootOf(size: number, fork = false): Uint8Array {
  return merkleRoot((fork ? forkedEntries : entries).slice(0, size));
}

export const newFolder = () => mkdtemp(join(tmpdir(), 'gridpact-witness-'));

/** A witness over a folder, listening on a free port. */
export async function serve(folder: string, { replace = replaceDurably }: { replace?: ReplaceFile } = {}) {
  const views = await openViewStore(folder, COSIGNER.vkey, replace);
  const witness = new Witness({ cosigner: COSIGNER, logs: knownLog, views, now: () => machineInstant(NOW_MS) });
  const server = witnessServer(witness, () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: urlOf(server), close: () => closed(server) };
}

/** Posts a body to add-checkpoint. */
export async function post(
  url: string,
  body: string | Uint8Array,
): Promise<{ status: number; type: string; text: string }> {
  const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body: Buffer.from(body) });
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() };
}

export const logVkey = formatVkey(LOG.vkey);

const knownLog: KnownLogs = {
  verifiersOf: async (origin) => (origin === ORIGIN ? [noteVerifier(LOG.vkey)] : []),
};

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
