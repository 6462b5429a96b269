import { setTimeout as delay } from 'node:timers/promises';
import {
  type NoteSignature,
  type PolicyWitness,
  TLOG_SIZE_TYPE,
  formatAddCheckpoint,
  noteVerifier,
  parseNote,
  parseSignatureLines,
  parseTlogSize,
  verifiedSignatures,
} from '@gridpact/tlog';

/** Longest wait for one witness. */
const WITNESS_TIMEOUT_MS = 2_000;
/** Longest answer of a witness: some signature lines, or a size. */
const MAX_ANSWER_BYTES = 65_536;

/** A signed checkpoint to be cosigned, and how to prove that it extends an older size. */
export interface Cosignable {
  readonly note: string;
  readonly size: number;
  readonly proofFrom: (oldSize: number) => Promise<readonly Uint8Array[]>;
}

/** What a witness answered: its cosignatures, or why none. */
export type WitnessAnswer =
  | { readonly witness: string; readonly cosignatures: readonly NoteSignature[] }
  | { readonly witness: string; readonly failure: string };

/** One party's witness, spoken to as tlog-witness says. Remembers the size that it cosigned last. */
export class WitnessClient {
  #size: number | undefined;

  constructor(private readonly witness: PolicyWitness) {}

  get name(): string {
    return this.witness.name;
  }

  /** Asks for a cosignature; a witness that remembers another size (409) is asked once more from there. Never throws. */
  async cosign(checkpoint: Cosignable, signal: AbortSignal): Promise<WitnessAnswer> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(WITNESS_TIMEOUT_MS)]);
    try {
      const first = await this.#ask(checkpoint, this.#size ?? 0, limited);
      const answer = first.conflict === undefined ? first : await this.#ask(checkpoint, first.conflict, limited);
      if (answer.conflict !== undefined) return this.#failed(`remembers size ${answer.conflict}`);
      this.#size = checkpoint.size;
      return { witness: this.name, cosignatures: this.#verified(checkpoint.note, answer.body) };
    } catch (error) {
      return this.#failed(error instanceof Error ? error.message : String(error));
    }
  }

  async #ask(
    { note, size, proofFrom }: Cosignable,
    oldSize: number,
    signal: AbortSignal,
  ): Promise<{ body: string; conflict?: number }> {
    if (oldSize > size) throw new Error(`has seen size ${oldSize}, beyond ours`);
    const body = formatAddCheckpoint({ oldSize, proof: await proofFrom(oldSize), checkpoint: note });
    const response = await fetch(`${this.witness.url}/add-checkpoint`, { method: 'POST', body, signal });
    const answer = await boundedText(response);
    if (response.ok) return { body: answer };
    const sized = response.headers.get('content-type')?.startsWith(TLOG_SIZE_TYPE);
    if (response.status === 409 && sized) return { body: '', conflict: parseTlogSize(answer) };
    throw new Error(`answers ${response.status} ${answer.slice(0, 200)}`);
  }

  #verified(note: string, lines: string): NoteSignature[] {
    const { text } = parseNote(note);
    const cosignatures = verifiedSignatures(text, parseSignatureLines(lines), [noteVerifier(this.witness.vkey)]);
    if (cosignatures.length === 0) throw new Error('answers without a cosignature by its key');
    return cosignatures;
  }

  #failed(failure: string): WitnessAnswer {
    return { witness: this.name, failure };
  }
}

/** Once the quorum stands, others get so long to join it. */
const GRACE_MS = 150;

/**
 * Asks all witnesses at once. Resolves when every one has answered, or a little after the quorum stands; the caller
 * decides by the policy whether what came is enough.
 */
export async function collectCosignatures(
  witnesses: readonly WitnessClient[],
  checkpoint: Cosignable,
  isEnough: (names: ReadonlySet<string>) => boolean,
): Promise<readonly WitnessAnswer[]> {
  const answers: WitnessAnswer[] = [];
  const stopping = new AbortController();
  const enough = Promise.withResolvers<void>();
  const asked = witnesses.map(async (witness) => {
    answers.push(await witness.cosign(checkpoint, stopping.signal));
    if (isEnough(cosignerNames(answers))) enough.resolve();
  });
  const all = Promise.all(asked);
  await Promise.race([all, enough.promise.then(() => delay(GRACE_MS))]);
  const collected = [...answers];
  stopping.abort();
  await all;
  return collected;
}

/** Witnesses that cosigned. */
export function cosignerNames(answers: readonly WitnessAnswer[]): Set<string> {
  return new Set(answers.flatMap((answer) => ('cosignatures' in answer ? [answer.witness] : [])));
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`answers more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
