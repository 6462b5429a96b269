import { randomBytes } from 'node:crypto';
import { type Instant, type Result, formatInstant, parseInstant, refuse } from '@gridpact/kernel';
import { Command, InvalidArgumentError } from 'commander';
import type { Answer } from './drafts.js';
import { type Output, showOutcome } from './phone-output.js';
import { Phone } from './phone.js';

/** `gridpact phone …`: a user's phone on the command line, against a running system. `url` is the default of `--url`. */
export function phoneCommand(url: string | undefined): Command {
  const command = new Command('phone')
    .description("a user's phone: signs with a key in its own folder, keeps promises and receipts")
    .addHelpText('after', '\nExit codes: 0 done, 1 refused (the code comes first), 2 nothing answers.');
  const add: Add = (usage, description) =>
    command
      .command(usage)
      .description(description)
      .requiredOption('--home <dir>', 'folder of the phone')
      .requiredOption('--url <url>', 'base URL of mobile-api', url)
      .option('--json', 'print the outcome as JSON');
  addJoining(add);
  addAnswers(add);
  addResults(add);
  return command;
}

type Add = (usage: string, description: string) => Command;

/** What every subcommand knows. */
interface PhoneOptions extends Output {
  readonly home: string;
  readonly url: string;
}

interface OfferOptions extends PhoneOptions {
  readonly statement: string;
  readonly name: string;
  readonly watt: string;
  readonly floor: string;
  readonly from: Instant;
  readonly until: Instant;
}

function addJoining(add: Add): void {
  add('register <code> <party>', 'register the key with an enrolment code').action(
    (code: string, party: string, options: PhoneOptions) => run(options, (phone) => phone.register(code, party)),
  );
  add('enrol', 'sign the contracts that wait').action((options: PhoneOptions) =>
    run(options, (phone) => phone.signEnrolments()),
  );
  add('offer <enrolment>', 'let the aggregator answer within limits')
    .requiredOption('--statement <hash>', 'leaf hash of the contract')
    .requiredOption('--name <name>', 'name of the offer')
    .requiredOption('--watt <w>', 'at most so much', wholeNumber)
    .requiredOption('--floor <price>', 'not below this price, micro-CNY per kWh', wholeNumber)
    .requiredOption('--from <time>', 'RFC 3339', moment)
    .requiredOption('--until <time>', 'RFC 3339', moment)
    .action((enrolment: string, options: OfferOptions) => run(options, (phone) => offer(phone, enrolment, options)));
}

function addAnswers(add: Add): void {
  add('instructions', 'show what is asked').action((options: PhoneOptions) =>
    run(options, (phone) => phone.instructions()),
  );
  add('confirm <instruction>', 'confirm all of an instruction, or part of it with --watts')
    .option('--watts <w,w,...>', 'watts per interval of the instruction', wattList)
    .action((instruction: string, options: PhoneOptions & { readonly watts?: readonly bigint[] }) => {
      const { watts } = options;
      return run(options, (phone) =>
        answer(phone, instruction, watts ? { answer: 'part', watts } : { answer: 'full' }),
      );
    });
  add('decline <instruction>', 'decline an instruction').action((instruction: string, options: PhoneOptions) =>
    run(options, (phone) => answer(phone, instruction, { answer: 'declined' })),
  );
  add('withdraw <confirmation>', 'leave a running event')
    .requiredOption('--reason <text>', 'why')
    .option('--at <time>', 'RFC 3339; five minutes from now when not given', moment)
    .action((confirmation: string, options: PhoneOptions & { readonly reason: string; readonly at?: Instant }) =>
      run(options, (phone) => phone.withdraw(confirmation, options.reason, options.at)),
    );
}

function addResults(add: Add): void {
  add('receipt <statement>', 'fetch, check and keep a receipt').action((statement: string, options: PhoneOptions) =>
    run(options, (phone) => phone.receipt(statement)),
  );
  add('results', 'show what was earned').action((options: PhoneOptions) => run(options, (phone) => phone.results()));
  add('dispute <event>', 'contest a line of a settlement run')
    .requiredOption('--name <name>', 'name of the dispute')
    .requiredOption('--settlement <hash>', 'leaf hash of the settlement run')
    .requiredOption('--site <site>', 'site of the line')
    .requiredOption('--reason <text>', 'why')
    .action((event: string, options: PhoneOptions & Record<'name' | 'settlement' | 'site' | 'reason', string>) => {
      const { name: dispute, settlement, site, reason } = options;
      return run(options, (phone) => phone.dispute({ dispute, event, settlement, site, reason, evidenceSha256: null }));
    });
  add('dossier <event>', 'fetch and keep the dossier of an event').action((event: string, options: PhoneOptions) =>
    run(options, (phone) => phone.dossier(event)),
  );
}

async function run(options: PhoneOptions, act: (phone: Phone) => Promise<Result<unknown>>): Promise<void> {
  process.exitCode = await showOutcome(options, async () => {
    const random = (count: number): Uint8Array => randomBytes(count);
    return act(await Phone.create({ folder: options.home, mobileApiUrl: options.url, random }));
  });
}

async function answer(phone: Phone, instruction: string, said: Answer): Promise<Result<unknown>> {
  const listed = await phone.instructions();
  if (!listed.ok) return listed;
  const asked = listed.value.find(({ body }) => body.instruction === instruction);
  if (!asked) return refuse('foreign_instruction', `you have no instruction ${instruction}`);
  return phone.confirm(asked, said);
}

function offer(phone: Phone, enrolment: string, options: OfferOptions): Promise<Result<unknown>> {
  return phone.standingOffer(options.statement, {
    offer: options.name,
    enrolment,
    maximumWatt: options.watt,
    floorPriceMicroCnyPerKwh: options.floor,
    from: formatInstant(options.from),
    until: formatInstant(options.until),
  });
}

function wholeNumber(text: string): string {
  if (!/^(0|[1-9]\d{0,17})$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return text;
}

function wattList(text: string): readonly bigint[] {
  return text.split(',').map((watt) => BigInt(wholeNumber(watt)));
}

function moment(text: string): Instant {
  const parsed = parseInstant(text);
  if (!parsed.ok) throw new InvalidArgumentError(parsed.refusal.detail);
  return parsed.value;
}
