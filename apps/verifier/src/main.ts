import { Command, CommanderError } from 'commander';
import { verifyDossierFile } from './verify-dossier.js';
import { INVALID, UNUSABLE, UnusableError, VALID } from './exit-codes.js';
import { verifyLog } from './verify-log.js';
import { verifyReceiptFile } from './verify-receipt.js';

const program = new Command('gridpact verify')
  .description('Checks receipts, dossiers and logs. Needs no server and, but for `log`, no network.')
  .addHelpText(
    'after',
    '\nExit codes: 0 valid, 1 invalid (the first broken link is named), 2 nothing could be verified.',
  );

program
  .command('dossier <file>')
  .description(
    'verify an event dossier: envelopes, bodies, signatures, parents, promises, inclusion, quorum, baselines, money',
  )
  .option('--json', 'print the report as JSON')
  .action(async (file: string, options: { json?: boolean }) => finish(await verifyDossierFile(file, options)));

program
  .command('receipt <file>')
  .description('verify a receipt (tlog-proof) of a statement under a witness policy')
  .requiredOption('--policy <file>', 'tlog-policy file')
  .requiredOption('--statement <file>', 'entry bytes of the statement')
  .option('--json', 'print the result as JSON')
  .action((file: string, options: { policy: string; statement: string; json?: boolean }) =>
    finish(verifyReceiptFile(file, options)),
  );

program
  .command('log <url>')
  .description('read a whole log and hash it again; compares with what was seen before and with what the witnesses saw')
  .requiredOption('--policy <file>', 'tlog-policy file')
  .option('--state <file>', 'remembers the last checkpoint between audits')
  .option('--json', 'print the report as JSON')
  .action(async (url: string, options: { policy: string; state?: string; json?: boolean }) =>
    finish(await verifyLog(url, options)),
  );

function finish(code: number): void {
  process.exitCode = code;
}

try {
  await program.exitOverride().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? VALID : UNUSABLE;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof UnusableError ? UNUSABLE : INVALID;
}
