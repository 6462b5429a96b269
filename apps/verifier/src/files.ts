import { readFileSync } from 'node:fs';
import { UnusableError } from './exit-codes.js';

/** Reads a file; one sentence says why not. */
export function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UnusableError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Reads a UTF-8 text file. */
export function readText(file: string): string {
  return new TextDecoder().decode(readBytes(file));
}
