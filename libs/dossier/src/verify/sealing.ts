import {
  fromHex,
  openByPolicy,
  parsePolicy,
  parseTlogProof,
  verifyInclusion,
  TlogError,
  type AcceptedCheckpoint,
  type Policy,
} from '@gridpact/tlog';
import { openBody, type Statement } from '@gridpact/statement';
import type { Evidence, SealedStatement } from '../evidence.js';
import { nameOf } from './chain.js';
import { type Held, broken } from './report.js';

/** The policy of a dossier; it must be, word for word, the one that the log's genesis carries. */
export function checkGenesis(
  evidence: Evidence,
  policyText: string,
): { readonly policy: Policy; readonly sandbox: boolean; readonly held: Held } {
  const genesis = evidence.of('log.genesis')[0];
  if (!genesis || genesis.index !== 0)
    return broken('genesis_missing', 'index 0', 'a dossier carries the first entry of its log');
  const body = genesisBody(genesis.statement);
  if (body.policy !== policyText)
    broken('policy_foreign', nameOf(genesis), 'the dossier has another policy than the genesis');
  const policy = policyOf(policyText);
  const detail = `${body.parties.length} founding parties, ${policy.witnesses.length} witnesses, quorum ${policy.quorum}`;
  return { policy, sandbox: body.environment === 'sandbox', held: { checked: body.parties.length, detail } };
}

/** Receipts: every statement's leaf lies under a checkpoint that the log signed and a quorum of witnesses cosigned. */
export function checkReceipts(evidence: Evidence, receipts: ReadonlyMap<string, string>, policy: Policy): Held {
  const checkpoints = new Map<string, AcceptedCheckpoint>();
  const cosigners = new Set<string>();
  for (const sealed of evidence.statements) {
    const receipt = receipts.get(sealed.statement.leafHash);
    if (receipt === undefined) broken('receipt_missing', nameOf(sealed), 'the statement has no receipt');
    else for (const name of checkReceipt(sealed, receipt, policy, checkpoints)) cosigners.add(name);
  }
  const sizes = [...checkpoints.values()].map(({ checkpoint }) => checkpoint.size);
  const detail = `under ${checkpoints.size} checkpoints up to size ${Math.max(0, ...sizes)}, cosigned by ${[...cosigners].sort().join(', ')}`;
  return { checked: evidence.statements.length, detail };
}

function checkReceipt(
  sealed: SealedStatement,
  receipt: string,
  policy: Policy,
  known: Map<string, AcceptedCheckpoint>,
): string[] {
  try {
    const proof = parseTlogProof(receipt);
    if (proof.index !== sealed.index)
      broken('index_mismatch', nameOf(sealed), `its receipt is for index ${proof.index}`);
    const accepted = known.get(proof.checkpoint) ?? openByPolicy(policy, proof.checkpoint);
    known.set(proof.checkpoint, accepted);
    verifyInclusion(fromHex(sealed.statement.leafHash), proof.index, accepted.checkpoint, proof.path);
    return accepted.cosigners.map(({ witness }) => witness);
  } catch (error) {
    if (error instanceof TlogError) return broken(error.code, nameOf(sealed), error.message);
    throw error;
  }
}

function policyOf(text: string): Policy {
  try {
    return parsePolicy(text);
  } catch (error) {
    return broken('bad_policy', 'policy', error instanceof Error ? error.message : String(error));
  }
}

function genesisBody(statement: Statement<'log.genesis'>) {
  const body = openBody(statement);
  return body.ok ? body.value : broken(body.refusal.code, 'log.genesis', body.refusal.detail);
}
