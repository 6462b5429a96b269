import { CommanderError } from 'commander';
import { phoneCommand } from './phone-command.js';
import { DONE, UNUSABLE } from './phone-output.js';

const command = phoneCommand(process.env['GRIDPACT_MOBILE_API_URL']);
for (const subcommand of command.commands) subcommand.exitOverride();

try {
  await command.exitOverride().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? DONE : UNUSABLE;
}
