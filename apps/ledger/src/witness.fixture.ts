import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Cosigner,
  TLOG_SIZE_TYPE,
  type TreeHead,
  ed25519Cosigner,
  ed25519PrivateKey,
  emptyRoot,
  formatVkey,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  signatureLine,
  verifyConsistency,
} from '@gridpact/tlog';
import type { WitnessConfig } from './config.js';

/** A witness in memory, for any log, that cosigns only what extends what it saw; `away` makes it answer 503. */
export interface TestWitness {
  readonly config: WitnessConfig;
  away: boolean;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Starts a witness of a party on a free loopback port. */
export async function startWitness(party: string, seed: number): Promise<TestWitness> {
  const cosigner = ed25519Cosigner(`${party}.witness.example`, ed25519PrivateKey(new Uint8Array(32).fill(seed)));
  const seen = new Map<string, TreeHead>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const message = Buffer.concat(chunks).toString('utf8');
      const answer = witness.away ? Promise.resolve({ status: 503, body: '' }) : cosign(cosigner, seen, message);
      void answer.then(({ status, body }) => response.writeHead(status, { 'content-type': TLOG_SIZE_TYPE }).end(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const config = { party, url: `http://127.0.0.1:${port}`, vkey: formatVkey(cosigner.vkey) };
  const close = (): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));
  const witness: TestWitness = { config, away: false, close };
  return witness;
}

async function cosign(cosigner: Cosigner, seen: Map<string, TreeHead>, message: string): Promise<Answer> {
  const { oldSize, proof, checkpoint } = parseAddCheckpoint(message);
  const { text } = parseNote(checkpoint);
  const head = parseCheckpoint(text);
  const last = seen.get(head.origin) ?? { size: 0, root: emptyRoot() };
  if (oldSize !== last.size) return { status: 409, body: `${last.size}\n` };
  try {
    verifyConsistency(last, head, proof);
  } catch {
    return { status: 422, body: '' };
  }
  seen.set(head.origin, head);
  return { status: 200, body: signatureLine(await cosigner.cosign(text, 1_790_000_000)) };
}
