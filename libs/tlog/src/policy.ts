import { parseCheckpoint, type Checkpoint } from './checkpoint.js';
import { cosignatureTimestamp } from './cosignature.js';
import { TlogError } from './errors.js';
import { openNote, parseNote, verifiedSignatures, type NoteVerifier } from './note.js';
import { isSupportedType, noteVerifier } from './note-key.js';
import { isSameKey, type Vkey } from './vkey.js';

/** A log that is accepted (tlog-policy, Defining a log). Its key name is the log's origin. */
export interface PolicyLog {
  readonly vkey: Vkey;
  readonly url?: string;
}

/** A witness; its name means something inside the policy only (tlog-policy, Defining a witness). */
export interface PolicyWitness extends PolicyLog {
  readonly name: string;
}

/** A group: witnesses a checkpoint when at least `threshold` of its members do (tlog-policy, Defining a witness group). */
export interface PolicyGroup {
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly string[];
}

/** Which logs are accepted and which cosignatures make a checkpoint count (tlog-policy). */
export interface Policy {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  readonly groups: readonly PolicyGroup[];
  /** Name of a witness or group, or {@link NO_QUORUM}. */
  readonly quorum: string;
}

/** The quorum that needs no cosignature (tlog-policy, Defining the quorum). */
export const NO_QUORUM = 'none';

/** A checkpoint that a policy accepts, and the witnesses whose cosignatures verified, with their machine times. */
export interface AcceptedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly cosigners: readonly Cosigned[];
}

/** A witness that cosigned, and when, in whole seconds of machine time since 1970. */
export interface Cosigned {
  readonly witness: string;
  readonly timestampSeconds: number;
}

/**
 * Opens a signed checkpoint under a policy. Refuses `bad_note` and `bad_checkpoint` for malformed ones, `unknown_origin`,
 * `unsigned` when no accepted key of that log signed, `bad_signature` when a log's or witness's signature does not
 * verify, and `quorum_missing`. Keys of types not verified here never count.
 */
export function openByPolicy(policy: Policy, note: string): AcceptedCheckpoint {
  const { text } = parseNote(note);
  const checkpoint = parseCheckpoint(text);
  const logs = policy.logs.filter(({ vkey }) => vkey.name === checkpoint.origin);
  if (logs.length === 0) throw new TlogError('unknown_origin', `the policy has no log ${checkpoint.origin}`);
  openNote(note, verifiersOf(logs));
  const cosigners = cosignersOf(policy, note);
  if (!isQuorum(policy, new Set(cosigners.map(({ witness }) => witness)))) {
    const names = cosigners.map(({ witness }) => witness).join(', ') || 'no witness';
    throw new TlogError('quorum_missing', `${names} cosigned, which is not the quorum ${policy.quorum}`);
  }
  return { checkpoint, cosigners };
}

/** The witnesses of a policy that cosigned a note; refuses `bad_signature` when one's cosignature does not verify. */
export function cosignersOf(policy: Policy, note: string): Cosigned[] {
  const { text, signatures } = parseNote(note);
  return verifiedSignatures(text, signatures, verifiersOf(policy.witnesses)).flatMap((cosignature) =>
    policy.witnesses
      .filter(({ vkey }) => isSameKey(vkey, cosignature))
      .map(({ name }) => ({ witness: name, timestampSeconds: cosignatureTimestamp(cosignature.signature) })),
  );
}

/** True when these witnesses, by policy name, are a quorum (tlog-policy, Defining the quorum). */
export function isQuorum(policy: Policy, witnesses: ReadonlySet<string>): boolean {
  const met = new Set([...witnesses, NO_QUORUM]);
  for (const group of policy.groups) {
    if (group.members.filter((member) => met.has(member)).length >= group.threshold) met.add(group.name);
  }
  return met.has(policy.quorum);
}

function verifiersOf(keys: readonly PolicyLog[]): NoteVerifier[] {
  return keys.filter(({ vkey }) => isSupportedType(vkey.type)).map(({ vkey }) => noteVerifier(vkey));
}
