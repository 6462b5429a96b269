import { readFile, stat } from 'node:fs/promises';
import { noteVerifier, parseVkey, type NoteVerifier } from '@gridpact/tlog';

/** Logs that a witness may know: the file's bound, in bytes. */
const MAX_LOGS_FILE_BYTES = 1_048_576;

/** The logs that the witness cosigns for, by origin. */
export interface KnownLogs {
  /** Keys that are trusted for an origin; none when the log is unknown. */
  verifiersOf(origin: string): Promise<readonly NoteVerifier[]>;
}

/**
 * Logs from a file with one verifier key a line (empty lines and # comments allowed), read again whenever it changed; a
 * missing file knows no log yet. Throws, naming the line, when the file is malformed.
 */
export function logsFromFile(path: string): KnownLogs {
  let version = '';
  let verifiers: readonly NoteVerifier[] = [];
  const verifiersOf = async (origin: string) => {
    const found = await versionOf(path);
    if (found !== version) {
      verifiers = found === '' ? [] : parseLogs(await readFile(path, 'utf8'));
      version = found;
    }
    return verifiers.filter(({ vkey }) => vkey.name === origin);
  };
  return { verifiersOf };
}

function parseLogs(text: string): NoteVerifier[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.flatMap((line, i) => (line === '' || line.startsWith('#') ? [] : [verifierOf(line, i + 1)]));
}

function verifierOf(line: string, number: number): NoteVerifier {
  try {
    return noteVerifier(parseVkey(line));
  } catch (error) {
    throw new Error(`line ${number} of the log list is not a key that can be used`, { cause: error });
  }
}

/** Changes whenever the file does; empty when there is no file. */
async function versionOf(path: string): Promise<string> {
  const file = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file && file.size > MAX_LOGS_FILE_BYTES) throw new Error(`${path} is above ${MAX_LOGS_FILE_BYTES} bytes`);
  return file ? `${file.ino} ${file.size} ${file.mtimeNs}` : '';
}
