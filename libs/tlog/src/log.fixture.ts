import { merkleRoot } from './compact-range.js';
import { formatCheckpoint } from './checkpoint.js';
import { ed25519Cosigner } from './cosignature.js';
import { ed25519PrivateKey } from './ed25519.js';
import { addSignatures, signNote } from './note.js';
import { ed25519NoteSigner } from './note-key.js';
import { leaves } from './tree.fixture.js';
import { formatVkey } from './vkey.js';

/** Key of a test, made from one byte. */
export const keyOf = (byte: number) => ed25519PrivateKey(new Uint8Array(32).fill(byte));

/** Origin of the log of the tests. */
export const ORIGIN = 'log.example/2026';

/** The log's signer, and the cosigners of its parties: power company, two aggregators, regulator. */
export const LOG = ed25519NoteSigner(ORIGIN, keyOf(1));
export const WITNESSES = ['power', 'aggregator-1', 'aggregator-2', 'regulator'].map((name, i) =>
  ed25519Cosigner(`${name}.witness.example`, keyOf(10 + i)),
);

/** Machine time of the cosignatures of the tests, seconds since 1970. */
export const COSIGNED_AT = 1_790_000_000;

/** The policy of the design: any two of power company, any aggregator, regulator. */
export const POLICY_TEXT = `# Quorum of the parties
log ${formatVkey(LOG.vkey)} http://127.0.0.1:7401/log
${WITNESSES.map(({ vkey }, i) => `witness ${['power', 'agg1', 'agg2', 'reg'][i]} ${formatVkey(vkey)}`).join('\n')}

group aggregators any agg1 agg2
group parties 2 power aggregators reg
quorum parties
`;

/** A checkpoint over the first leaves of the test tree, signed by the log and cosigned by some witnesses. */
export async function cosignedCheckpoint(size: number, witnesses: readonly number[], origin = ORIGIN): Promise<string> {
  const text = formatCheckpoint({ origin, size, root: merkleRoot(leaves(size)), extensions: [] });
  const cosigners = WITNESSES.filter((_, i) => witnesses.includes(i));
  const cosignatures = await Promise.all(cosigners.map((cosigner) => cosigner.cosign(text, COSIGNED_AT)));
  return addSignatures(await signNote(text, [LOG]), cosignatures);
}
