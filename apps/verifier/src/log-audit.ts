import {
  type AcceptedCheckpoint,
  CompactRange,
  type Policy,
  TILE_WIDTH,
  decodeEntries,
  entryBundlePath,
  leafHash,
  openByPolicy,
  sameBytes,
  sha256,
  tileHashes,
  tilePath,
  tileWidthAt,
  toHex,
  utf8,
} from '@gridpact/tlog';
import { UnusableError } from './exit-codes.js';

/** Longest wait for one answer of a log or witness. */
const FETCH_TIMEOUT_MS = 10_000;

/** What was seen of a log before: kept between audits, so that a rewritten past is found. */
export interface Remembered {
  readonly size: number;
  readonly rootHex: string;
}

/** What an audit found. */
export interface AuditReport {
  readonly valid: boolean;
  readonly origin: string;
  readonly size: number;
  readonly rootHex: string;
  readonly cosigners: readonly string[];
  /** Each witness that answered, and whether its view is a prefix of this log. */
  readonly witnesses: readonly {
    readonly witness: string;
    readonly view: 'agrees' | 'differs' | 'unreachable';
    readonly size: number | null;
  }[];
  readonly broken: { readonly code: string; readonly detail: string } | null;
}

interface View {
  readonly witness: string;
  readonly head: AcceptedCheckpoint['checkpoint'] | null;
}

/**
 * Reads a whole log and hashes it again: the checkpoint under the policy, every entry against its leaf hash, the root
 * over all leaves, the remembered head and every reachable witness's view as prefixes of it.
 */
export async function auditLog(url: string, policy: Policy, remembered: Remembered | null): Promise<AuditReport> {
  const accepted = openByPolicy(policy, await fetchText(`${url}/checkpoint`));
  const { checkpoint } = accepted;
  const views = await Promise.all(policy.witnesses.map((witness) => viewOf(witness, checkpoint.origin, policy)));
  const marks = new Set([checkpoint.size, remembered?.size ?? 0, ...views.map(({ head }) => head?.size ?? 0)]);
  const replay = await replayLog(url, checkpoint.size, marks);
  const witnesses = views.map((view) => judgeView(view, replay.roots, checkpoint.size));
  return {
    origin: checkpoint.origin,
    size: checkpoint.size,
    rootHex: toHex(checkpoint.root),
    cosigners: accepted.cosigners.map(({ witness }) => witness),
    witnesses,
    ...verdict(replay, accepted, remembered, witnesses),
  };
}

interface Replay {
  readonly roots: ReadonlyMap<number, string>;
  readonly broken: AuditReport['broken'];
}

async function replayLog(url: string, size: number, marks: ReadonlySet<number>): Promise<Replay> {
  const range = new CompactRange();
  const roots = new Map<number, string>();
  for (let index = 0; index * TILE_WIDTH < size; index += 1) {
    const width = tileWidthAt(size, 0, index);
    const [bundle, tile] = await Promise.all([
      fetchBytes(`${url}/${entryBundlePath({ index, width })}`),
      fetchBytes(`${url}/${tilePath({ level: 0, index, width })}`),
    ]);
    const leaves = decodeEntries(bundle, width).map(leafHash);
    const stored = tileHashes(tile);
    const wrong = leaves.findIndex((leaf, at) => !sameBytes(leaf, stored[at] ?? new Uint8Array()));
    if (leaves.length !== width || stored.length !== width || wrong >= 0) {
      const detail = `entry ${index * TILE_WIDTH + Math.max(0, wrong)} does not hash to its leaf in tile 0/${index}`;
      return { roots, broken: { code: 'leaf_differs', detail } };
    }
    for (const leaf of leaves) {
      range.append(leaf);
      if (marks.has(range.size)) roots.set(range.size, toHex(range.root()));
    }
  }
  return { roots, broken: null };
}

function verdict(
  replay: Replay,
  { checkpoint }: AcceptedCheckpoint,
  remembered: Remembered | null,
  witnesses: AuditReport['witnesses'],
): Pick<AuditReport, 'valid' | 'broken'> {
  const fail = (code: string, detail: string): Pick<AuditReport, 'valid' | 'broken'> => ({
    valid: false,
    broken: { code, detail },
  });
  if (replay.broken) return { valid: false, broken: replay.broken };
  if (replay.roots.get(checkpoint.size) !== toHex(checkpoint.root))
    return fail('root_differs', `the entries do not hash to the signed root at size ${checkpoint.size}`);
  if (remembered && remembered.size > checkpoint.size)
    return fail('log_shrank', `size ${remembered.size} was seen before, now ${checkpoint.size}`);
  if (remembered && remembered.size > 0 && replay.roots.get(remembered.size) !== remembered.rootHex) {
    return fail('history_rewritten', `the log had another root at size ${remembered.size}`);
  }
  const fork = witnesses.find(({ view }) => view === 'differs');
  if (fork) return fail('fork', `witness ${fork.witness} saw another log at size ${fork.size}`);
  return { valid: true, broken: null };
}

async function viewOf({ name, url }: Policy['witnesses'][number], origin: string, policy: Policy): Promise<View> {
  if (url === undefined) return { witness: name, head: null };
  try {
    const note = await fetchText(`${url}/${toHex(sha256(utf8(origin)))}/checkpoint`);
    return { witness: name, head: openByPolicy({ ...policy, quorum: 'none' }, note).checkpoint };
  } catch {
    return { witness: name, head: null };
  }
}

function judgeView(
  { witness, head }: View,
  roots: ReadonlyMap<number, string>,
  size: number,
): AuditReport['witnesses'][number] {
  if (!head) return { witness, view: 'unreachable', size: null };
  const agrees = head.size > size || head.size === 0 || roots.get(head.size) === toHex(head.root);
  return { witness, view: agrees ? 'agrees' : 'differs', size: head.size };
}

async function fetchText(url: string): Promise<string> {
  return new TextDecoder('utf8', { fatal: true }).decode(await fetchBytes(url));
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) }).catch((error: unknown) => {
    throw new UnusableError(`${url} cannot be reached: ${error instanceof Error ? error.message : String(error)}`);
  });
  if (!answer.ok) throw new UnusableError(`${url} answers ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}
