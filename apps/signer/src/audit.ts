import { open, type FileHandle } from 'node:fs/promises';
import { formatInstant, type MachineInstant } from '@gridpact/kernel';
import { sha256, toHex } from '@gridpact/tlog';

/** What was signed: enough to find the statement in the log, and nothing of its body. */
export interface SignedRecord {
  readonly at: MachineInstant;
  readonly kid: string;
  readonly type: string;
  readonly signingInput: Uint8Array;
}

/** The signer's memory of what it signed. */
export interface Audit {
  /** Resolves once the record is on disk; a signature is given away only after that. */
  record(signed: SignedRecord): Promise<void>;
  close(): Promise<void>;
}

/** Audit in a file that only ever grows, one JSON line a signature; a line cut off by a crash stays as it is. */
export async function openAudit(path: string): Promise<Audit> {
  const file = await open(path, 'a+', 0o600);
  if (await endsWithinLine(file)) await file.write('\n');
  return {
    record: async ({ at, kid, type, signingInput }) => {
      const hash = toHex(sha256(signingInput));
      const line = Buffer.from(`${JSON.stringify({ at: formatInstant(at), kid, type, hash })}\n`);
      const { bytesWritten } = await file.write(line);
      if (bytesWritten !== line.length) throw new Error('the audit file took only a part of a line');
      await file.datasync();
    },
    close: () => file.close(),
  };
}

async function endsWithinLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() !== '\n';
}
