import { type VerificationReport, readDossier, verifyDossier } from '@gridpact/dossier';
import { runInWorker } from './contract-worker.js';
import { INVALID, VALID } from './exit-codes.js';
import { readText } from './files.js';

const MARKS = {
  recomputed: 'ok       ',
  'taken-from-sealed-total': 'sealed   ',
  'not-applicable': 'none     ',
  failed: 'FAILED   ',
} as const;

/** Verifies a dossier file and prints what was recomputed, what was taken from a sealed total, and what broke. */
export async function verifyDossierFile(file: string, options: { json?: boolean }): Promise<number> {
  const read = readDossier(readText(file));
  if (!read.ok) {
    const broken = { code: read.refusal.code, where: file, detail: read.refusal.detail };
    process.stdout.write(
      `${options.json ? JSON.stringify({ valid: false, steps: [], broken }) : `INVALID: ${broken.code} in ${file}: ${broken.detail}`}\n`,
    );
    return INVALID;
  }
  const report = await verifyDossier(read.value, runInWorker);
  process.stdout.write(`${options.json ? JSON.stringify(report) : textOf(report)}\n`);
  return report.valid ? VALID : INVALID;
}

function textOf(report: VerificationReport): string {
  const lines = report.steps.map(({ name, outcome, detail, broken }) => {
    return `${MARKS[outcome]}${name}: ${broken ? `${broken.code} at ${broken.where}: ` : ''}${detail}`;
  });
  const failed = report.steps.find(({ broken }) => broken)?.broken;
  const verdict = failed ? `INVALID: ${failed.code} at ${failed.where}` : 'valid';
  const sandbox = report.sandbox ? ['SANDBOX: business time of this log is played'] : [];
  return [`Dossier of event ${report.event} for ${report.holder}`, ...sandbox, ...lines, verdict].join('\n');
}
