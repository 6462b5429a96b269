import { Command, InvalidArgumentError } from 'commander';
import { demo } from './demo.js';
import { MINIMUM_SITES } from './city/cast.js';
import { phoneCommand } from './phone/phone-command.js';

const MAX_SITES = 600;
const DEFAULT_SITES = 62;
const DEFAULT_SPEED = 60;

const program = new Command('gridpact').description(
  'Plays a city: meters, phones, staff of a power company and three aggregators.',
);

program
  .command('demo')
  .description('play one whole demand-response event on the running system')
  .option(
    '--sites <n>',
    `sites of the city, ${MINIMUM_SITES} to ${MAX_SITES}`,
    integerIn(MINIMUM_SITES, MAX_SITES),
    DEFAULT_SITES,
  )
  .option(
    '--speed <x>',
    'business seconds per machine second within a phase, 1 to 600',
    integerIn(1, 600),
    DEFAULT_SPEED,
  )
  .option('--seed <s>', 'seed of all chance in the city', 'gridpact')
  .option('--json', 'print the outcome as JSON')
  .action((options: { sites: number; speed: number; seed: string; json?: boolean }) => demo(options));

program.addCommand(phoneCommand(process.env['GRIDPACT_MOBILE_API_URL']));

await program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});

function integerIn(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < from || value > to)
      throw new InvalidArgumentError(`give a whole number from ${from} to ${to}`);
    return value;
  };
}
