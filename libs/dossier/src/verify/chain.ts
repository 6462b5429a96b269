import { type KeyInLog, KeyRing, checkSigners, verifySignatures } from '@gridpact/statement';
import type { Evidence, SealedStatement } from '../evidence.js';
import { type Held, broken } from './report.js';

/** Names a statement for people: its type, leaf hash and place in the log. */
export function nameOf({ statement, index }: SealedStatement): string {
  return `${statement.envelope.type} ${statement.leafHash} at index ${index}`;
}

/**
 * Signatures: each by a key valid at that place in the log, for a party whose role may say such a statement. Keys are
 * learned from the log's own statements, in log order; the answer is the ring of all of them.
 */
export function checkSignatures(evidence: Evidence): { readonly ring: KeyRing; readonly held: Held } {
  const ring = new KeyRing();
  let signatures = 0;
  for (const sealed of evidence.statements) {
    const signers = signersOf(sealed, ring);
    const admitted = ring.admits(sealed.statement, signers);
    if (!admitted.ok) broken(admitted.refusal.code, nameOf(sealed), admitted.refusal.detail);
    ring.learn(sealed.statement, sealed.index);
    signatures += signers.length;
  }
  return { ring, held: { checked: signatures, detail: `${signatures} signatures by ${ring.keys().length} keys` } };
}

function signersOf(sealed: SealedStatement, ring: KeyRing): readonly KeyInLog[] {
  const { statement, index } = sealed;
  const verified = verifySignatures(statement, ring.forStatement(statement, index));
  if (!verified.ok) return broken(verified.refusal.code, nameOf(sealed), verified.refusal.detail);
  const { type, by } = statement.envelope;
  const allowed = checkSigners(type, by, verified.value);
  if (!allowed.ok) broken(allowed.refusal.code, nameOf(sealed), allowed.refusal.detail);
  return verified.value;
}

/** Parents: each statement follows from statements that stand before it in the log and in this dossier. */
export function checkParents(evidence: Evidence): Held {
  let links = 0;
  for (const sealed of evidence.statements) {
    for (const parent of sealed.statement.envelope.parents) {
      const found = evidence.find(parent);
      if (!found) broken('parent_missing', nameOf(sealed), `it follows from ${parent}, which is not in the dossier`);
      else if (found.index >= sealed.index)
        broken('parent_later', nameOf(sealed), `its parent ${parent} stands later in the log`);
      links += 1;
    }
  }
  return { checked: links, detail: `${links} links from a statement to the one before it` };
}

/** Bodies: how many could be opened; that each opens its commitment was checked when the evidence was read. */
export function checkBodies(evidence: Evidence): Held {
  const opened = evidence.statements.filter(({ body }) => body !== undefined).length;
  const closed = evidence.statements.length - opened;
  return {
    checked: opened,
    detail: `${opened} bodies match their commitments; ${closed} are not this holder's to open`,
  };
}
