import { type Result, refuse } from '@gridpact/kernel';
import { TokenRefused, Unreachable } from './mobile-client.js';

/** Done. */
export const DONE = 0;
/** The server, or the phone itself, refused. */
export const REFUSED = 1;
/** Nothing answers, or the arguments make no sense. */
export const UNUSABLE = 2;

/** How an outcome is shown. */
export interface Output {
  readonly json?: boolean;
}

/** Shows the outcome of one action; gives the exit code. */
export async function showOutcome({ json = false }: Output, act: () => Promise<Result<unknown>>): Promise<number> {
  try {
    const outcome = await act().catch(tokenRefusal);
    if (outcome.ok) write(process.stdout, json ? JSON.stringify(outcome.value) : readable(outcome.value));
    else
      write(json ? process.stdout : process.stderr, json ? JSON.stringify(outcome.refusal) : refused(outcome.refusal));
    return outcome.ok ? DONE : REFUSED;
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    write(process.stderr, error.message);
    return UNUSABLE;
  }
}

/** Objects as lines `name: value`, lists with a blank line between members, nothing as a word. */
export function readable(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((member) => readable(member)).join('\n\n');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, member]) => `${name}: ${typeof member === 'object' ? JSON.stringify(member) : String(member)}`)
    .join('\n');
}

function tokenRefusal(error: unknown): Result<never> {
  if (error instanceof TokenRefused) return refuse('token_refused', error.message);
  throw error;
}

function refused({ code, detail }: { readonly code: string; readonly detail: string }): string {
  return `${code}: ${detail}`;
}

function write(stream: NodeJS.WritableStream, text: string): void {
  stream.write(`${text}\n`);
}
