import { type MachineInstant, type Result, ok, refuse } from '@gridpact/kernel';
import {
  emptyRoot,
  formatNote,
  openNote,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  signatureLine,
  TlogError,
  verifyConsistency,
  type AddCheckpointRequest,
  type Checkpoint,
  type Cosigner,
  type NoteSignature,
} from '@gridpact/tlog';
import type { KnownLogs } from './known-logs.js';
import type { ViewStore } from './view-store.js';

/** Why a witness does not cosign; the size that a conflict tells is in `size`. */
export type Refused =
  | { readonly code: 'malformed' | 'unknown_log' | 'not_signed' | 'inconsistent'; readonly detail: string }
  | { readonly code: 'other_old_size'; readonly detail: string; readonly size: number };

/** Cosignature lines, or why there are none. */
export type AddCheckpointAnswer =
  { readonly ok: true; readonly cosignatures: string } | { readonly ok: false; readonly refused: Refused };

/** What a witness is made of. */
export interface WitnessParts {
  readonly cosigner: Cosigner;
  readonly logs: KnownLogs;
  readonly views: ViewStore;
  readonly now: () => MachineInstant;
}

interface Submission extends AddCheckpointRequest {
  readonly text: string;
  readonly head: Checkpoint;
}

/**
 * The witness protocol (tlog-witness, add-checkpoint): cosigns a checkpoint only when it is signed by its log and follows
 * from the last one cosigned. Comparing with that one and replacing it happen as one step per origin, in the order of
 * arrival, and the replacement is on disk before the cosignature is given away.
 */
export class Witness {
  readonly #parts: WitnessParts;
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(parts: WitnessParts) {
    this.#parts = parts;
  }

  /** Answers the body of an add-checkpoint request. Rejects only when its store or its key fails. */
  async addCheckpoint(body: string): Promise<AddCheckpointAnswer> {
    const read = granted('malformed', () => submissionOf(body));
    if (!read.ok) return refused(read.refusal);
    const submission = read.value;
    const verifiers = await this.#parts.logs.verifiersOf(submission.head.origin);
    if (verifiers.length === 0) {
      return refused({ code: 'unknown_log', detail: `this witness does not know the log ${submission.head.origin}` });
    }
    const signed = granted('not_signed', () => openNote(submission.checkpoint, verifiers));
    if (!signed.ok) return refused(signed.refusal);
    if (submission.oldSize > submission.head.size) {
      return refused({ code: 'malformed', detail: 'the old size is above the size of the checkpoint' });
    }
    return this.#inTurn(submission.head.origin, () => this.#advance(submission, signed.value.verified));
  }

  /** The last cosigned checkpoint of the log whose origin has this hash (tlog-witness, Monitor Retrieval Mechanism). */
  async view(hash: string): Promise<string | undefined> {
    return this.#parts.views.read(hash);
  }

  /** Compares with the remembered checkpoint and replaces it; never two at a time for one origin. */
  async #advance(submission: Submission, logSignatures: readonly NoteSignature[]): Promise<AddCheckpointAnswer> {
    const { head, text, oldSize, proof } = submission;
    const remembered = (await this.#parts.views.load(head.origin))?.checkpoint ?? { size: 0, root: emptyRoot() };
    if (oldSize !== remembered.size) {
      const detail = `the last cosigned size is ${remembered.size}`;
      return refused({ code: 'other_old_size', detail, size: remembered.size });
    }
    const consistent = granted('inconsistent', () => verifyConsistency(remembered, head, proof));
    if (!consistent.ok) return refused(consistent.refusal);
    const cosignature = await this.#parts.cosigner.cosign(text, Math.floor(this.#parts.now() / 1000));
    await this.#parts.views.save(head.origin, formatNote({ text, signatures: [...logSignatures, cosignature] }));
    return { ok: true, cosignatures: signatureLine(cosignature) };
  }

  /** Runs one step per origin at a time; a failed one does not stop the next. */
  #inTurn<T>(origin: string, step: () => Promise<T>): Promise<T> {
    const turn = (this.#queues.get(origin) ?? Promise.resolve()).then(step);
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#queues.set(origin, settled);
    void settled.then(() => this.#queues.get(origin) === settled && this.#queues.delete(origin));
    return turn;
  }
}

function submissionOf(body: string): Submission {
  const request = parseAddCheckpoint(body);
  const { text } = parseNote(request.checkpoint);
  return { ...request, text, head: parseCheckpoint(text) };
}

function refused(why: Refused): AddCheckpointAnswer {
  return { ok: false, refused: why };
}

/** Turns what the library refuses into a refusal with this witness's own code. */
function granted<T, Code extends string>(code: Code, step: () => T): Result<T, Code> {
  try {
    return ok(step());
  } catch (error) {
    if (error instanceof TlogError) return refuse(code, error.message);
    throw error;
  }
}
