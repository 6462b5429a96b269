import { describe, expect, it } from 'vitest';
import { toBase64 } from './encoding.js';
import { cosignedCheckpoint, COSIGNED_AT, keyOf, LOG, ORIGIN, POLICY_TEXT, WITNESSES } from './log.fixture.js';
import { signNote } from './note.js';
import { ed25519NoteSigner } from './note-key.js';
import { isQuorum, openByPolicy } from './policy.js';
import { formatPolicy, MAX_POLICY_NAMES, parsePolicy } from './policy-file.js';
import { formatTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.js';
import { inclusionProof } from './inclusion.js';
import { flipped, leaves, refusalOf } from './tree.fixture.js';
import { formatVkey, vkeyOf } from './vkey.js';

const policy = parsePolicy(POLICY_TEXT);
const [power, agg1] = WITNESSES.map(({ vkey }) => formatVkey(vkey));
const log = formatVkey(LOG.vkey);

describe('a policy file', () => {
  it('comes back the same, whatever its spacing and comments', () => {
    expect(parsePolicy(formatPolicy(policy))).toEqual(policy);
    expect(parsePolicy(POLICY_TEXT.replaceAll(' ', ' \t '))).toEqual(policy);
    expect(parsePolicy(`\t# é\n  log ${log}\n\nquorum none`).quorum).toBe('none');
  });

  it('names thresholds by number, any and all', () => {
    expect(policy.groups).toEqual([
      { name: 'aggregators', threshold: 1, members: ['agg1', 'agg2'] },
      { name: 'parties', threshold: 2, members: ['power', 'aggregators', 'reg'] },
    ]);
    expect(parsePolicy(POLICY_TEXT.replace('any', 'all')).groups[0]?.threshold).toBe(2);
  });

  it.each([
    ['no quorum line', POLICY_TEXT.replace('quorum parties\n', '')],
    ['two quorum lines', `${POLICY_TEXT}quorum parties\n`],
    ['a quorum of two names', POLICY_TEXT.replace('quorum parties', 'quorum power reg')],
    ['a quorum not defined yet', `quorum parties\n${POLICY_TEXT.replace('quorum parties\n', '')}`],
    ['a group of names not defined yet', POLICY_TEXT.replace('any agg1 agg2', 'any agg1 parties')],
    ['a name defined twice', POLICY_TEXT.replace('group parties', 'group power')],
    ['the reserved name', POLICY_TEXT.replaceAll('parties', 'none')],
    ['a member twice in a group', POLICY_TEXT.replace('any agg1 agg2', 'any agg1 agg1')],
    ['a member in two groups', POLICY_TEXT.replace('2 power aggregators', '2 power agg1')],
    ['none as a member', POLICY_TEXT.replace('any agg1', 'any none')],
    ['a threshold above its members', POLICY_TEXT.replace('2 power', '4 power')],
    ['a threshold of 0', POLICY_TEXT.replace('2 power', '0 power')],
    ['a threshold with a leading zero', POLICY_TEXT.replace('2 power', '02 power')],
    ['a group of nobody', 'group nobody all\nquorum nobody\n'],
    ['a witness that is a log', POLICY_TEXT.replace(`witness power ${power}`, `witness power ${log}`)],
    ['one witness key twice', POLICY_TEXT.replace(`agg1 ${agg1}`, `agg1 ${power}`)],
    ['one log key twice', `log ${log}\n${POLICY_TEXT}`],
    ['one key under two names', renamed(POLICY_TEXT)],
    ['more after a URL', `log ${log} http://a http://b\nquorum none\n`],
    ['an unknown keyword', `${POLICY_TEXT}trust me\n`],
    ['a bad key', 'log not-a-key\nquorum none\n'],
    ['a carriage return', POLICY_TEXT.replaceAll('\n', '\r\n')],
    ['a form feed', POLICY_TEXT.replace(' ', '\f')],
    ['more logs than its bound', `${manyLogs(MAX_POLICY_NAMES + 1)}quorum none\n`],
  ])('is refused with %s', async (_, text) => {
    expect(await refusalOf(() => parsePolicy(text))).toBe('bad_policy');
  });

  it('holds as many logs as its bound, and is not written when it breaks a rule', async () => {
    expect(parsePolicy(`${manyLogs(MAX_POLICY_NAMES)}quorum none\n`).logs).toHaveLength(MAX_POLICY_NAMES);
    expect(await refusalOf(() => formatPolicy({ ...policy, quorum: 'nobody' }))).toBe('bad_policy');
  });
});

describe('the quorum of any two of power company, any aggregator, regulator', () => {
  it.each([
    [[], false],
    [['power'], false],
    [['agg1', 'agg2'], false],
    [['power', 'agg1'], true],
    [['power', 'reg'], true],
    [['agg2', 'reg'], true],
    [['power', 'agg1', 'agg2', 'reg'], true],
  ])('of %j is %s', (witnesses, met) => {
    expect(isQuorum(policy, new Set(witnesses))).toBe(met);
  });
});

describe('a checkpoint under the policy', () => {
  it('is accepted with its quorum, and says who cosigned and when', async () => {
    expect(openByPolicy(policy, await cosignedCheckpoint(5, [0, 3])).cosigners).toEqual([
      { witness: 'power', timestampSeconds: COSIGNED_AT },
      { witness: 'reg', timestampSeconds: COSIGNED_AT },
    ]);
  });

  it('is refused without its quorum, of another log, unsigned or with a bad cosignature', async () => {
    const good = await cosignedCheckpoint(5, [0, 3]);
    const [text = ''] = good.split('\n\n');
    const stranger = await signNote(`${text}\n`, [ed25519NoteSigner(ORIGIN, keyOf(99))]);
    const spoiled = good.replace('\n5\n', '\n6\n');
    expect(await refusalOf(async () => openByPolicy(policy, await cosignedCheckpoint(5, [1, 2])))).toBe(
      'quorum_missing',
    );
    expect(
      await refusalOf(async () => openByPolicy(policy, await cosignedCheckpoint(5, [0, 3], 'other.example'))),
    ).toBe('unknown_origin');
    expect(await refusalOf(() => openByPolicy(policy, stranger))).toBe('unsigned');
    expect(await refusalOf(() => openByPolicy(policy, spoiled))).toBe('bad_signature');
    const [head, lines = ''] = good.split('\n\n');
    const [first, second = ''] = lines.split('\n');
    const swapped = second.replace(/ (\S)(\S+)$/, (_, a: string, rest: string) => ` ${a}${rest.slice(0, -4)}AAA=`);
    expect(await refusalOf(() => openByPolicy(policy, `${head}\n\n${first}\n${swapped}\n`))).toBe('bad_signature');
  });

  it('does not count a witness whose signature type is not verified here', async () => {
    const pq = formatVkey(vkeyOf('pq.example', 0x06, new Uint8Array(1312).fill(1)));
    const some = parsePolicy(
      `log ${log}\nwitness pq ${pq}\nwitness power ${power}\ngroup all all pq power\nquorum all\n`,
    );
    expect(await refusalOf(async () => openByPolicy(some, await cosignedCheckpoint(5, [0])))).toBe('quorum_missing');
  });
});

describe('a receipt', () => {
  const leaf = leaves(6)[2] ?? new Uint8Array();
  const path = inclusionProof(leaves(6), 2);

  it('verifies offline, and comes back the same with and without extra', async () => {
    const checkpoint = await cosignedCheckpoint(6, [0, 1, 3]);
    for (const extra of [undefined, new Uint8Array(), Uint8Array.of(1, 2, 3)]) {
      const proof = { index: 2, path, checkpoint, ...(extra ? { extra } : {}) };
      const text = formatTlogProof(proof);
      expect(text.startsWith('c2sp.org/tlog-proof@v1\n')).toBe(true);
      expect(parseTlogProof(text)).toEqual(proof);
      expect(verifyTlogProof(parseTlogProof(text), leaf, policy).checkpoint.size).toBe(6);
    }
  });

  it('of a tree with one entry has no path', async () => {
    const proof = parseTlogProof(`c2sp.org/tlog-proof@v1\nindex 0\n\n${await cosignedCheckpoint(1, [0, 3])}`);
    expect(verifyTlogProof(proof, leaves(1)[0] ?? leaf, policy).checkpoint.size).toBe(1);
  });

  it('is refused for another leaf, another index, a changed path and a missing quorum', async () => {
    const proof = { index: 2, path, checkpoint: await cosignedCheckpoint(6, [0, 3]) };
    const alone = { ...proof, checkpoint: await cosignedCheckpoint(6, [0]) };
    expect(await refusalOf(() => verifyTlogProof(proof, flipped(leaf), policy))).toBe('bad_inclusion_proof');
    expect(await refusalOf(() => verifyTlogProof({ ...proof, index: 3 }, leaf, policy))).toBe('bad_inclusion_proof');
    expect(await refusalOf(() => verifyTlogProof({ ...proof, index: 6 }, leaf, policy))).toBe('out_of_range');
    expect(await refusalOf(() => verifyTlogProof({ ...proof, path: path.slice(1) }, leaf, policy))).toBe(
      'bad_inclusion_proof',
    );
    expect(await refusalOf(() => verifyTlogProof(alone, leaf, policy))).toBe('quorum_missing');
  });

  it('is refused when its text is not to the form', async () => {
    const good = formatTlogProof({ index: 2, path, checkpoint: await cosignedCheckpoint(6, [0, 3]) });
    const bad = [
      good.replace('@v1', '@v2'),
      good.replace('index 2', 'index 02'),
      good.replace('index 2\n', ''),
      good.replace('index 2', 'extra !\nindex 2'),
      good.replace('index 2', 'index 2\nAAAA'),
      good.replace('index 2', `index 2\n${`${toBase64(leaf)}\n`.repeat(61).trimEnd()}`),
      good.replaceAll('\n\n', '\n'),
      good.replace('index 2', `extra ${'A'.repeat(600_000)}\nindex 2`),
    ];
    const refusals = await Promise.all(bad.map((text) => refusalOf(() => parseTlogProof(text))));
    expect(refusals).toEqual(bad.map(() => 'bad_tlog_proof'));
    expect(await refusalOf(() => parseTlogProof(good.trimEnd()))).toBe('bad_note');
  });

  it('with any one bit turned is refused', async () => {
    const good = formatTlogProof({ index: 2, path, checkpoint: await cosignedCheckpoint(6, [0, 3]) });
    const bytes = new TextEncoder().encode(good);
    for (let at = 0; at < bytes.length; at += 1) {
      const text = new TextDecoder().decode(flipped(bytes, at));
      // A cosigner's name or key ID may turn into an unknown key's, which is ignored: then the quorum is missing.
      await expect(refusalOf(() => verifyTlogProof(parseTlogProof(text), leaf, policy))).resolves.toBeTypeOf('string');
    }
  });
});

function renamed(text: string): string {
  const alias = formatVkey(vkeyOf('alias.example', 0x04, WITNESSES[0]?.vkey.publicKey ?? new Uint8Array()));
  return text.replace(`agg1 ${agg1}`, `agg1 ${alias}`);
}

function manyLogs(count: number): string {
  const key = (i: number) =>
    vkeyOf(
      'many.example',
      0x01,
      Uint8Array.from({ length: 32 }, (_, at) => (i >> (8 * at)) & 255),
    );
  return Array.from({ length: count }, (_, i) => `log ${formatVkey(key(i))}\n`).join('');
}
