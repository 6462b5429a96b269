import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { TlogError, parsePolicy } from '@gridpact/tlog';
import { z } from 'zod';
import { INVALID, UnusableError, VALID } from './exit-codes.js';
import { readText } from './files.js';
import { type AuditReport, type Remembered, auditLog } from './log-audit.js';

const remembered = z.strictObject({ size: z.int().min(0), rootHex: z.string().regex(/^[0-9a-f]{64}$/) });

/** Audits a log; remembers what it saw in the state file when the log is valid. */
export async function verifyLog(
  url: string,
  options: { policy: string; state?: string; json?: boolean },
): Promise<number> {
  const policy = parsePolicy(readText(options.policy));
  try {
    const report = await auditLog(
      url.replace(/\/$/, ''),
      policy,
      options.state === undefined ? null : recall(options.state),
    );
    if (report.valid && options.state !== undefined) remember(options.state, report);
    process.stdout.write(`${options.json ? JSON.stringify(report) : sentence(report)}\n`);
    return report.valid ? VALID : INVALID;
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    process.stdout.write(
      `${options.json ? JSON.stringify({ valid: false, broken: { code: error.code, detail: error.message } }) : `INVALID: ${error.code}: ${error.message}`}\n`,
    );
    return INVALID;
  }
}

function sentence(report: AuditReport): string {
  const views = report.witnesses.map(({ witness, view }) => `${witness} ${view}`).join(', ');
  const log = `log ${report.origin}, ${report.size} entries, root ${report.rootHex}`;
  if (report.broken) return `INVALID: ${report.broken.code}: ${report.broken.detail}\n${log}`;
  return `valid: ${log}\ncosigned by ${report.cosigners.join(', ')}; witness views: ${views}`;
}

function recall(file: string): Remembered | null {
  if (!existsSync(file)) return null;
  const parsed = remembered.safeParse(jsonOf(readText(file)));
  if (!parsed.success)
    throw new UnusableError(`${file} is not a state file of this command; move it away to begin anew`);
  return parsed.data;
}

function remember(file: string, { size, rootHex }: AuditReport): void {
  writeFileSync(`${file}.new`, JSON.stringify({ size, rootHex }));
  renameSync(`${file}.new`, file);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
