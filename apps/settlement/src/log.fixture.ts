import { type Statement, type Opening, parseStatement } from '@gridpact/statement';
import {
  ED25519_NOTE,
  MerkleTree,
  ed25519NoteSigner,
  ed25519PrivateKey,
  formatCheckpoint,
  formatTlogProof,
  formatVkey,
  fromHex,
  signNote,
  toBase64,
  vkeyOf,
} from '@gridpact/tlog';

const ORIGIN = 'gridpact.test/log';
const KEY = ed25519PrivateKey(new Uint8Array(32).fill(77));

/** Policy of the log: its own key, and no witnesses. */
export const POLICY = `log ${formatVkey(vkeyOf(ORIGIN, ED25519_NOTE, KEY.publicKey))}\nquorum none\n`;

/** An entry of the log, with what the ledger keeps beside it. */
export interface LogEntry {
  readonly statement: Statement;
  readonly index: number;
  readonly audience: readonly string[];
  readonly opening?: Opening | undefined;
  readonly promise?: Uint8Array | undefined;
}

/** A log in memory: real leaf hashes, proofs and signed checkpoints; it judges nothing. */
export class TestLog {
  readonly entries: LogEntry[] = [];

  append(
    statement: Statement,
    kept: { audience?: readonly string[]; opening?: Opening | undefined; promise?: Uint8Array | undefined } = {},
  ): LogEntry {
    const { audience = ['settlement'], opening = statement.opening, promise } = kept;
    const entry = { statement, index: this.entries.length, audience, opening, promise };
    this.entries.push(entry);
    return entry;
  }

  /** Takes the bytes of a submission; one that is there already is not taken again. */
  submit(
    bytes: Uint8Array,
    kept: { audience?: readonly string[]; opening?: Opening | undefined },
  ): LogEntry | undefined {
    const parsed = parseStatement(bytes);
    if (!parsed.ok) throw new Error(parsed.refusal.detail);
    return this.find(parsed.value.leafHash) ? undefined : this.append(parsed.value, kept);
  }

  find(leaf: string): LogEntry | undefined {
    return this.entries.find(({ statement }) => statement.leafHash === leaf);
  }

  of(type: string): LogEntry[] {
    return this.entries.filter(({ statement }) => statement.envelope.type === type);
  }

  /** A receipt under a checkpoint over the whole log. */
  async receipt({ index }: LogEntry): Promise<string> {
    const tree = new MerkleTree(this.entries.map(({ statement }) => fromHex(statement.leafHash)));
    const head = { origin: ORIGIN, size: tree.size, root: tree.root(), extensions: [] };
    const checkpoint = await signNote(formatCheckpoint(head), [ed25519NoteSigner(ORIGIN, KEY)]);
    return formatTlogProof({ index, path: tree.inclusionProof(index), checkpoint });
  }

  /** An entry as the ledger shows it to a reader. */
  view(entry: LogEntry, reader: { party: string; roles: readonly string[] }): object {
    const { statement, index, opening, promise, audience } = entry;
    const { type, subject, by } = statement.envelope;
    const mayRead = audience.includes(reader.party) || reader.roles.includes('regulator');
    return {
      ...{ statement: statement.leafHash, index, type, subject, by, entry: toBase64(statement.entry) },
      ...(promise && { promise: toBase64(promise) }),
      ...(opening && mayRead && { opening }),
    };
  }
}
