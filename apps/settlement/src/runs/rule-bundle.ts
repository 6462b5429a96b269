import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ok, refuse, type Result } from '@gridpact/kernel';

/** The rule bundle as text, if its bytes on disk are the ones that the program published. */
export async function ruleBundle(file: string, published: string): Promise<Result<string, 'bundle_mismatch'>> {
  const bytes = await readFile(file);
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== published)
    return refuse('bundle_mismatch', `the bundle here hashes to ${actual}, published was ${published}`);
  return ok(bytes.toString('utf8'));
}
