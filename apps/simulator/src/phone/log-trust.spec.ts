import {
  ED25519_COSIGNATURE,
  ED25519_NOTE,
  addSignatures,
  ed25519Cosigner,
  ed25519NoteSigner,
  ed25519PrivateKey,
  foldHashes,
  formatCheckpoint,
  formatPolicy,
  formatTlogProof,
  leafHash,
  nodeHash,
  signNote,
  toHex,
  utf8,
  vkeyOf,
} from '@gridpact/tlog';
import { describe, expect, it } from 'vitest';
import { type Trust, checkReceipt } from './log-trust.js';

const ORIGIN = 'gridpact.example/log';
const keyOf = (seed: number) => ed25519PrivateKey(new Uint8Array(32).fill(seed));
const [logKey, ...witnessKeys] = [keyOf(1), keyOf(2), keyOf(3), keyOf(4)];
const witnesses = ['power-company', 'aggregator-1', 'regulator'].map((name, at) => {
  const key = witnessKeys[at] ?? keyOf(9);
  return { name, vkey: vkeyOf(name, ED25519_COSIGNATURE, key.publicKey), cosigner: ed25519Cosigner(name, key) };
});
const trusted: Trust = {
  origin: ORIGIN,
  policy: formatPolicy({
    logs: [{ vkey: vkeyOf(ORIGIN, ED25519_NOTE, logKey.publicKey) }],
    witnesses: witnesses.map(({ name, vkey }) => ({ name, vkey })),
    groups: [{ name: 'quorum-group', threshold: 2, members: witnesses.map(({ name }) => name) }],
    quorum: 'quorum-group',
  }),
  keys: [],
};
const [own, neighbour] = [leafHash(utf8('own')), leafHash(utf8('neighbour'))];

describe('a receipt', () => {
  it('is checked with nothing but the policy that the phone holds', async () => {
    const checked = checkReceipt(trusted, toHex(own), await receiptBy(['power-company', 'regulator']));
    expect(checked).toEqual({ ok: true, value: { index: 1, size: 2, cosigners: ['power-company', 'regulator'] } });
  });

  it('of one witness is no quorum', async () => {
    const checked = checkReceipt(trusted, toHex(own), await receiptBy(['power-company']));
    expect(detailOf(checked)).toMatch(/^quorum_missing/);
  });

  it('proves no other statement', async () => {
    const checked = checkReceipt(
      trusted,
      toHex(leafHash(utf8('other'))),
      await receiptBy(['power-company', 'regulator']),
    );
    expect(detailOf(checked)).toMatch(/^bad_inclusion_proof/);
  });

  it('by another log, or of another form, proves nothing', async () => {
    const foreign = await receiptBy(['power-company', 'regulator'], keyOf(7));
    expect(detailOf(checkReceipt(trusted, toHex(own), foreign))).toMatch(/^(unsigned|bad_signature)/);
    expect(detailOf(checkReceipt(trusted, toHex(own), 'a receipt'))).toMatch(/^bad_tlog_proof/);
  });
});

async function receiptBy(names: readonly string[], key = logKey): Promise<string> {
  const root = foldHashes([nodeHash(neighbour, own)]);
  const text = formatCheckpoint({ origin: ORIGIN, size: 2, root, extensions: [] });
  const cosigning = witnesses.filter(({ name }) => names.includes(name));
  const cosignatures = await Promise.all(cosigning.map(({ cosigner }) => cosigner.cosign(text, 1_780_000_000)));
  const checkpoint = addSignatures(await signNote(text, [ed25519NoteSigner(ORIGIN, key)]), cosignatures);
  return formatTlogProof({ index: 1, path: [neighbour], checkpoint });
}

function detailOf(checked: ReturnType<typeof checkReceipt>): string {
  return checked.ok ? 'accepted' : checked.refusal.detail;
}
