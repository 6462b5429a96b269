import { toHex } from './encoding.js';
import { TlogError } from './errors.js';
import { NO_QUORUM, type Policy, type PolicyGroup, type PolicyLog, type PolicyWitness } from './policy.js';
import { ED25519_COSIGNATURE, formatVkey, ML_DSA_44_COSIGNATURE, parseVkey, type Vkey } from './vkey.js';

/** Logs, witnesses and groups that a policy may have of each; tlog-policy (Implementation limits) asks for 32. */
export const MAX_POLICY_NAMES = 256;

/** Types that a witness may sign with (tlog-cosignature). A log may use any. */
const WITNESS_TYPES: ReadonlySet<number> = new Set([ED25519_COSIGNATURE, ML_DSA_44_COSIGNATURE]);

/** Control characters that tlog-policy (Character set) forbids. */
const FORBIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f]/;

interface Draft {
  readonly logs: PolicyLog[];
  readonly witnesses: PolicyWitness[];
  readonly groups: PolicyGroup[];
  /** Names defined so far. */
  readonly names: Set<string>;
  /** Names that are a member of some group already. */
  readonly members: Set<string>;
  quorum?: string;
}

type Definition = (draft: Draft, items: readonly string[]) => void;

const DEFINITIONS: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['log', defineLog],
  ['witness', defineWitness],
  ['group', defineGroup],
  ['quorum', defineQuorum],
]);

/**
 * Reads a policy file (tlog-policy, Policy file syntax and structure); refuses `bad_policy`, naming the line. Takes text,
 * hence only files whose non-ASCII octets are UTF-8. A last line without its newline is accepted.
 */
export function parsePolicy(text: string): Policy {
  if (FORBIDDEN.test(text)) throw badPolicy('it has control characters other than tab and newline');
  const draft: Draft = { logs: [], witnesses: [], groups: [], names: new Set(), members: new Set() };
  text.split('\n').forEach((line, i) => readLine(draft, line, i + 1));
  if (draft.quorum === undefined) throw badPolicy('it has no quorum line');
  return { logs: draft.logs, witnesses: draft.witnesses, groups: draft.groups, quorum: draft.quorum };
}

/** Writes a policy file; what it writes, {@link parsePolicy} reads, and refuses when the policy breaks a rule. */
export function formatPolicy(policy: Policy): string {
  const key = ({ vkey, url }: PolicyLog): string =>
    url === undefined ? formatVkey(vkey) : `${formatVkey(vkey)} ${url}`;
  const lines = [
    ...policy.logs.map((log) => `log ${key(log)}`),
    ...policy.witnesses.map((witness) => `witness ${witness.name} ${key(witness)}`),
    ...policy.groups.map(({ name, threshold, members }) => `group ${name} ${threshold} ${members.join(' ')}`),
    `quorum ${policy.quorum}`,
  ];
  const text = lines.map((line) => `${line}\n`).join('');
  parsePolicy(text);
  return text;
}

function readLine(draft: Draft, line: string, number: number): void {
  const [keyword = '', ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
  if (keyword === '' || keyword.startsWith('#')) return;
  try {
    const define = DEFINITIONS.get(keyword);
    if (!define) throw badPolicy(`${keyword} is not a keyword`);
    define(draft, items);
  } catch (error) {
    throw badPolicy(`line ${number}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function defineLog(draft: Draft, [vkey, ...rest]: readonly string[]): void {
  draft.logs.push(uniqueKey(draft.logs, { vkey: parseVkey(vkey ?? ''), ...optionalUrl(rest) }));
  bounded(draft.logs);
}

function defineWitness(draft: Draft, [name, vkey, ...rest]: readonly string[]): void {
  const witness = { name: newName(draft, name), vkey: parseVkey(vkey ?? ''), ...optionalUrl(rest) };
  if (!WITNESS_TYPES.has(witness.vkey.type)) throw badPolicy(`the key of ${witness.name} does not make cosignatures`);
  draft.witnesses.push(uniqueKey(draft.witnesses, witness));
  bounded(draft.witnesses);
}

function defineGroup(draft: Draft, [name, threshold, ...members]: readonly string[]): void {
  for (const member of members) {
    if (!draft.names.has(member)) throw badPolicy(`${member} is not defined before it is used`);
    if (draft.members.has(member)) throw badPolicy(`${member} is a member twice`);
    draft.members.add(member);
  }
  draft.groups.push({ name: newName(draft, name), threshold: thresholdOf(threshold ?? '', members.length), members });
  bounded(draft.groups);
}

function defineQuorum(draft: Draft, [name, ...rest]: readonly string[]): void {
  if (draft.quorum !== undefined) throw badPolicy('there is a second quorum line');
  if (name === undefined || rest.length > 0) throw badPolicy('a quorum line has one name');
  if (name !== NO_QUORUM && !draft.names.has(name)) throw badPolicy(`${name} is not defined before it is used`);
  draft.quorum = name;
}

function newName(draft: Draft, name: string | undefined): string {
  if (name === undefined || name === NO_QUORUM) throw badPolicy('a name is missing or reserved');
  if (draft.names.has(name)) throw badPolicy(`${name} is defined twice`);
  draft.names.add(name);
  return name;
}

function thresholdOf(text: string, members: number): number {
  const threshold = text === 'all' ? members : text === 'any' ? 1 : /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 0;
  if (threshold < 1 || threshold > members) throw badPolicy(`a group of ${members} cannot need "${text}" of them`);
  return threshold;
}

function optionalUrl(rest: readonly string[]): { readonly url?: string } {
  if (rest.length > 1) throw badPolicy('there is more after the URL');
  return rest[0] === undefined ? {} : { url: rest[0] };
}

/** Keys are the same when their public keys are, whatever their names (tlog-policy, Public key representation). */
function uniqueKey<T extends { readonly vkey: Vkey }>(known: readonly T[], added: T): T {
  const material = toHex(added.vkey.publicKey);
  if (known.some(({ vkey }) => toHex(vkey.publicKey) === material)) throw badPolicy('the same key stands twice');
  return added;
}

function bounded(defined: readonly unknown[]): void {
  if (defined.length > MAX_POLICY_NAMES) throw badPolicy(`there are more than ${MAX_POLICY_NAMES} of a kind`);
}

function badPolicy(why: string): TlogError {
  return new TlogError('bad_policy', why);
}
