import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  addSignatures,
  cosignatureTimestamp,
  emptyRoot,
  formatAddCheckpoint,
  formatCheckpoint,
  MAX_ADD_CHECKPOINT_BYTES,
  noteVerifier,
  openCheckpoint,
  originHash,
  parseSignatureLines,
  signNote,
} from '@gridpact/tlog';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReplaceFile } from './durable-file.js';
import {
  checkpoint,
  COSIGNER,
  IMPOSTOR,
  keyOf,
  LOG,
  newFolder,
  NOW_MS,
  ORIGIN,
  post,
  request,
  rootOf,
  serve,
} from './witness.fixture.js';
import { ed25519NoteSigner } from '@gridpact/tlog';

let folder: string;
let witness: Awaited<ReturnType<typeof serve>>;

beforeEach(async () => {
  folder = await newFolder();
  witness = await serve(folder);
});
afterEach(() => witness.close());

const view = async (origin = ORIGIN) => fetch(`${witness.url}/${originHash(origin)}/checkpoint`);
const viewSize = async () => openCheckpoint(await (await view()).text(), [noteVerifier(COSIGNER.vkey)]).checkpoint.size;

describe('a witness', () => {
  it('cosigns the first checkpoint and each that follows, with its machine time', async () => {
    for (const [older, newer] of [
      [0, 7],
      [7, 7],
      [7, 300],
    ] as const) {
      const answer = await post(witness.url, await request(older, newer));
      expect(answer.status).toBe(200);
      const [cosignature] = parseSignatureLines(answer.text);
      expect(cosignatureTimestamp(cosignature?.signature ?? new Uint8Array())).toBe(Math.floor(NOW_MS / 1000));
      const whole = addSignatures(await checkpoint(newer), parseSignatureLines(answer.text));
      expect(openCheckpoint(whole, [noteVerifier(COSIGNER.vkey), noteVerifier(LOG.vkey)]).verified).toHaveLength(2);
    }
  });

  it('cosigns the empty tree of a log', async () => {
    expect((await post(witness.url, await request(0, 0))).status).toBe(200);
    expect((await post(witness.url, await request(0, 3))).status).toBe(200);
  });

  it('shows the checkpoint it cosigned last, with the signatures it verified and its own', async () => {
    expect((await view()).status).toBe(404);
    const stranger = ed25519NoteSigner('stranger.example', keyOf(9));
    const text = formatCheckpoint({ origin: ORIGIN, size: 7, root: rootOf(7), extensions: [] });
    const note = await signNote(text, [stranger, LOG]);
    await post(witness.url, formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: note }));
    const response = await view();
    const shown = openCheckpoint(await response.text(), [noteVerifier(LOG.vkey), noteVerifier(COSIGNER.vkey)]);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect([shown.checkpoint.size, shown.verified.map(({ name }) => name)]).toEqual([7, [ORIGIN, COSIGNER.vkey.name]]);
    expect((await view('other.example')).status).toBe(404);
  });
});

describe('a witness refuses', () => {
  it('with 400 what is no request, no checkpoint, or has an old size above the new', async () => {
    const above = formatAddCheckpoint({ oldSize: 8, proof: [], checkpoint: await checkpoint(7) });
    const extra = (await request(0, 7)).replace('old 0', 'old 00');
    const noCheckpoint = formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: await signNote('text\n', [LOG]) });
    for (const body of [above, extra, noCheckpoint, '', 'old 0\n\n', Uint8Array.of(0xff, 0xfe)]) {
      expect((await post(witness.url, body)).status).toBe(400);
    }
  });

  it('with 403 a checkpoint that its log did not sign, or signed badly', async () => {
    const impostor = formatAddCheckpoint({
      oldSize: 0,
      proof: [],
      checkpoint: await checkpoint(7, { signer: IMPOSTOR }),
    });
    const changed = (await request(0, 7)).replace('\n7\n', '\n8\n');
    expect((await post(witness.url, impostor)).status).toBe(403);
    expect((await post(witness.url, changed)).status).toBe(403);
  });

  it('with 404 a log that it does not know', async () => {
    const other = ed25519NoteSigner('other.example', keyOf(1));
    const text = formatCheckpoint({ origin: 'other.example', size: 7, root: rootOf(7), extensions: [] });
    const body = formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: await signNote(text, [other]) });
    expect((await post(witness.url, body)).status).toBe(404);
  });

  it('with 409 and its size an old size that is not its own, a rollback among them', async () => {
    await post(witness.url, await request(0, 20));
    for (const body of [await request(0, 7), await request(7, 20), await request(0, 300), await request(7, 7)]) {
      expect(await post(witness.url, body)).toEqual({ status: 409, type: 'text/x.tlog.size', text: '20\n' });
    }
    expect(await viewSize()).toBe(20);
  });

  it('with 422 a fork, a wrong or superfluous proof, another root at its size, and a false empty tree', async () => {
    const wrongEmpty = formatAddCheckpoint({
      oldSize: 0,
      proof: [],
      checkpoint: await checkpoint(0, { root: rootOf(1) }),
    });
    const proofFromZero = formatAddCheckpoint({ oldSize: 0, proof: [emptyRoot()], checkpoint: await checkpoint(7) });
    expect((await post(witness.url, wrongEmpty)).status).toBe(422);
    expect((await post(witness.url, proofFromZero)).status).toBe(422);
    await post(witness.url, await request(0, 20));
    const noProof = formatAddCheckpoint({ oldSize: 20, proof: [], checkpoint: await checkpoint(30) });
    for (const body of [await request(20, 30, { fork: true }), await request(20, 20, { fork: true }), noProof]) {
      expect((await post(witness.url, body)).status).toBe(422);
    }
    expect(await viewSize()).toBe(20);
  });

  it('with 413 a body above its bound, and with 405 and 404 what it does not serve', async () => {
    expect((await post(witness.url, 'x'.repeat(MAX_ADD_CHECKPOINT_BYTES + 1))).status).toBe(413);
    expect((await fetch(`${witness.url}/add-checkpoint`)).status).toBe(405);
    expect((await fetch(`${witness.url}/${originHash(ORIGIN)}/checkpoint`, { method: 'PUT' })).status).toBe(405);
    expect((await fetch(`${witness.url}/${'A'.repeat(64)}/checkpoint`)).status).toBe(404);
    expect((await fetch(`${witness.url}/health/ready`)).status).toBe(200);
  });
});

describe('two requests at once', () => {
  it('for two sides of a fork: one is cosigned', async () => {
    const bodies = await Promise.all([request(0, 9), request(0, 9, { fork: true })]);
    const answers = await Promise.all(bodies.map((body) => post(witness.url, body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('for a smaller and a larger size: never rolls back, whatever their order', async () => {
    for (const sizes of [
      [10, 20],
      [40, 30],
    ]) {
      const from = await viewSize().catch(() => 0);
      const bodies = await Promise.all(sizes.map((size) => request(from, size)));
      const answers = await Promise.all(bodies.map((body) => post(witness.url, body)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      const cosigned = sizes[answers.findIndex(({ status }) => status === 200)];
      expect(await viewSize()).toBe(cosigned);
    }
  });
});

describe('the memory of a witness', () => {
  it('outlives the process', async () => {
    await post(witness.url, await request(0, 20));
    await witness.close();
    witness = await serve(folder);
    expect((await post(witness.url, await request(0, 20, { fork: true }))).status).toBe(409);
    expect((await post(witness.url, await request(20, 30))).status).toBe(200);
  });

  it.each([
    ['before anything is written', async () => undefined],
    ['while it writes', (path: string, text: string) => writeFile(`${path}.next`, text.slice(0, 50))],
    ['between write and rename', (path: string, text: string) => writeFile(`${path}.next`, text)],
  ] as const)('is the old one after a crash %s, and nothing was cosigned', async (_, before) => {
    await post(witness.url, await request(0, 20));
    await witness.close();
    const crashing: ReplaceFile = async (path, text) => {
      await before(path, text);
      throw new Error('the machine stopped');
    };
    const doomed = await serve(folder, { replace: crashing });
    const answer = await post(doomed.url, await request(20, 30));
    await doomed.close();
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('\u2014');
    witness = await serve(folder);
    expect(await viewSize()).toBe(20);
    expect((await post(witness.url, await request(20, 40))).status).toBe(200);
  });

  it('is the new one after a crash behind the rename, and the log is told so', async () => {
    await witness.close();
    const crashing: ReplaceFile = async (path, text) => {
      await writeFile(`${path}.next`, text);
      await rename(`${path}.next`, path);
      throw new Error('the machine stopped');
    };
    const doomed = await serve(folder, { replace: crashing });
    expect((await post(doomed.url, await request(0, 20))).status).toBe(500);
    await doomed.close();
    witness = await serve(folder);
    expect(await post(witness.url, await request(0, 20))).toMatchObject({ status: 409, text: '20\n' });
    expect((await post(witness.url, await request(20, 20))).status).toBe(200);
  });

  it('is not taken for empty when its file is damaged: nothing is cosigned any more', async () => {
    await post(witness.url, await request(0, 20));
    const [name = ''] = await readdir(folder);
    const note = await readFile(join(folder, name), 'utf8');
    for (const damaged of ['', note.slice(0, 40), note.replace('\n20\n', '\n10\n')]) {
      await writeFile(join(folder, name), damaged);
      expect((await post(witness.url, await request(0, 10, { fork: true }))).status).toBe(500);
      expect((await post(witness.url, await request(20, 30))).status).toBe(500);
    }
  });
});
