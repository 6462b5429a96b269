import { Command, InvalidArgumentError } from 'commander';
import { check, generate, test } from './commands/checks.ts';
import { demo, passOn, type DemoOptions } from './commands/demo.ts';
import { dev } from './commands/dev.ts';
import { logs } from './commands/logs.ts';
import { down, status, up } from './commands/up.ts';
import { migrateApps } from './running-apps.ts';
import { provision } from './provision.ts';
import { CHECKOUT, PROFILES, type Profile } from './state-folder.ts';
import { explained, FailedError, UnusableError } from './unusable-error.ts';

const FAILED = 1;
const UNUSABLE = 2;
const DEFAULT_LINES = '50';

const program = new Command('gridpact')
  .description('Demand response that nobody has to take on trust.')
  .addHelpText(
    'after',
    '\nExit codes: 0 all went well, 1 something failed or is not valid, 2 the machine or the input cannot be used.',
  )
  .showHelpAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : UNUSABLE));

program
  .command('demo')
  .description('play one whole demand-response event on real meters and verify its dossier')
  .option('--once', 'leave nothing running; exit 0 only if everything held')
  .option('--sites <n>', 'number of sites', positiveNumber)
  .option('--speed <x>', 'business seconds per machine second within a phase', positiveNumber)
  .option('--seed <s>', 'seed of everything that is drawn by lot')
  .option('--json', 'print the result as JSON')
  .option('--no-build', 'use what is built')
  .action((options: DemoOptions) => finish(demo(options)));

program
  .command('up')
  .description('build and start everything; does nothing for what already runs')
  .option('--no-build', 'start what is built')
  .option('--json', 'print what runs as JSON')
  .action((options: { build: boolean; json?: boolean }) => finish(up(options)));

program
  .command('down')
  .description('stop the applications and services that were started from this checkout')
  .action(() => finish(down()));

program
  .command('status')
  .description('show what runs; exit 1 when something that is built does not')
  .option('--profile <profile>', PROFILES.join(', '), profileName, 'main')
  .option('--json', 'print it as JSON')
  .action(({ profile, json }: { profile: Profile; json?: boolean }) => finish(status(profile, json ?? false)));

program
  .command('dev')
  .description('up, then build and restart after each change until Ctrl-C')
  .action(() => finish(dev()));

program
  .command('test')
  .description('build, lint, then unit, integration and end-to-end tests on the real services')
  .argument('[filters...]', 'arguments for vitest, such as a path or --project unit')
  .allowUnknownOption()
  .action((filters: string[]) => finish(test(filters)));

program
  .command('check')
  .description('format, lint, types and unit tests; under a minute when cached')
  .action(() => finish(check()));

program
  .command('generate')
  .description('write what is generated from code: OpenAPI, AsyncAPI')
  .action(() => finish(generate()));

program
  .command('migrate')
  .description('bring every database schema up to date')
  .action(() => finish(migrate()));

program
  .command('logs')
  .description('show the end of the log of a service or application')
  .argument('<name>', 'such as ledger or kafka')
  .option('-n, --lines <n>', 'how many lines', positiveNumber, DEFAULT_LINES)
  .option('-f, --follow', 'go on with what is added')
  .option('--profile <profile>', PROFILES.join(', '), profileName, 'main')
  .action((name: string, { profile, lines, follow }: { profile: Profile; lines: string; follow?: boolean }) =>
    finish(logs(profile, name, { lines: Number(lines), follow: follow ?? false })),
  );

program
  .command('phone')
  .description("a user's phone against the running system: `gridpact phone --help`")
  .helpOption(false)
  .allowUnknownOption()
  .argument('[args...]')
  .action((args: string[]) => finish(passOn('simulator', ['phone', ...args])));

program
  .command('verify')
  .description('check receipts, dossiers and the log offline: `gridpact verify --help`')
  .helpOption(false)
  .allowUnknownOption()
  .argument('[args...]')
  .action((args: string[]) => finish(passOn('verifier', args)));

await program.parseAsync();

async function migrate(): Promise<void> {
  const migrated = await migrateApps(await provision({ profile: 'main' }));
  process.stdout.write(`${migrated.join('\n')}\n`);
}

/** Ends the process with the code of the outcome; a refusal is one sentence, anything unexpected shows its stack. */
async function finish(work: Promise<number | void>): Promise<void> {
  try {
    process.exitCode = (await work) ?? 0;
  } catch (thrown) {
    const error = explained(thrown, CHECKOUT);
    const expected = error instanceof UnusableError || error instanceof FailedError;
    process.stderr.write(
      `gridpact: ${expected ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exitCode = error instanceof UnusableError ? UNUSABLE : FAILED;
  }
}

function positiveNumber(text: string): string {
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) <= 0) throw new InvalidArgumentError('It must be a number above 0.');
  return text;
}

function profileName(text: string): Profile {
  const found = PROFILES.find((profile) => profile === text);
  if (found) return found;
  throw new InvalidArgumentError(`It must be one of ${PROFILES.join(', ')}.`);
}
