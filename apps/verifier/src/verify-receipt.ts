import { TlogError, leafHash, parsePolicy, parseTlogProof, toHex, verifyTlogProof } from '@gridpact/tlog';
import { INVALID, VALID } from './exit-codes.js';
import { readBytes, readText } from './files.js';

/** Verifies a receipt against the statement that it claims to seal. */
export function verifyReceiptFile(
  file: string,
  options: { policy: string; statement: string; json?: boolean },
): number {
  const [receipt, policy, entry] = [readText(file), readText(options.policy), readBytes(options.statement)];
  try {
    const proof = parseTlogProof(receipt);
    const accepted = verifyTlogProof(proof, leafHash(entry), parsePolicy(policy));
    const cosigners = accepted.cosigners.map(({ witness }) => witness);
    const facts = {
      valid: true,
      statement: toHex(leafHash(entry)),
      index: proof.index,
      size: accepted.checkpoint.size,
      cosigners,
    };
    print(
      options.json,
      facts,
      `valid: statement ${facts.statement} is entry ${facts.index} of ${accepted.checkpoint.origin}, cosigned by ${cosigners.join(', ')}`,
    );
    return VALID;
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    print(
      options.json,
      { valid: false, code: error.code, detail: error.message },
      `INVALID: ${error.code}: ${error.message}`,
    );
    return INVALID;
  }
}

function print(json: boolean | undefined, facts: object, sentence: string): void {
  process.stdout.write(`${json ? JSON.stringify(facts) : sentence}\n`);
}
