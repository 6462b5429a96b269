import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publicFolder, type Stack } from '@gridpact/deploy';
import { required } from '@gridpact/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { verifier } from './command.ts';
import { playEvent, type Outcome } from './play.ts';
import { closeSandbox, freshSandbox } from './sandbox.ts';
import { readAs, urlOf } from './staff.ts';

/** The sites of the feeder that fails, of the user who never answers, of the one who leaves: the simulator's cast. */
const DARK_SITE = 'site-016';
const SILENT_SITE = 'site-006';
const LEAVING_SITE = 'site-007';

const line = z.object({
  site: z.string(),
  intervals: z.array(z.object({ state: z.string(), committedMicroKwh: z.string() })),
  amountFen: z.string(),
  aggregatorFen: z.string(),
  userFen: z.string(),
});
type Line = z.infer<typeof line>;

let stack: Stack;
let outcome: Outcome;
let lines: Line[];

beforeAll(async () => {
  stack = await freshSandbox();
  outcome = await playEvent(stack);
  lines = await linesOf();
});
afterAll(() => closeSandbox());

describe('the money of the event', () => {
  it('is more than nothing for every aggregator, and its rows add up to the total', () => {
    const { rows, total } = outcome;
    for (const { amountFen } of rows) expect(amountFen).toBeGreaterThan(0n);
    expect(sum(rows.map(({ amountFen }) => amountFen))).toBe(total.amountFen);
    expect(sum(rows.map(({ userFen }) => userFen))).toBe(total.userFen);
    expect(sum(rows.map(({ deliveredMicroKwh }) => deliveredMicroKwh))).toBe(total.deliveredMicroKwh);
  });

  it('is divided between aggregator and users without a fen left over', () => {
    for (const { amountFen, aggregatorFen, userFen } of [...outcome.rows, outcome.total])
      expect(aggregatorFen + userFen).toBe(amountFen);
    for (const { amountFen, aggregatorFen, userFen } of lines)
      expect(BigInt(aggregatorFen) + BigInt(userFen)).toBe(BigInt(amountFen));
    expect(sum(lines.map(({ amountFen }) => BigInt(amountFen)))).toBe(outcome.total.amountFen);
  });

  it('follows from the differences that the runs paid, one after the other', () => {
    const { runs, total } = outcome;
    expect(runs.map(({ kind }) => kind)).toEqual(['INITIAL', 'TRUE_UP', 'TRUE_UP', 'FINAL']);
    expect(sum(runs.map(({ differenceFen }) => differenceFen))).toBe(total.amountFen);
    expect(runs.at(-1)?.amountFen).toBe(total.amountFen);
  });

  it('grows by the disputed reading and by the late one, and by nothing once all is final', () => {
    const [, disputed, late, final] = outcome.runs.map(({ differenceFen }) => differenceFen);
    expect(disputed).toBeGreaterThan(0n);
    expect(late).toBeGreaterThan(0n);
    expect(final).toBe(0n);
  });

  it('gives nothing to a site without supply, whatever it had promised', () => {
    expect(lineOf(DARK_SITE)).toMatchObject({ amountFen: '0', userFen: '0' });
    expect(statesOf(DARK_SITE)).toEqual(['outage', 'outage', 'outage', 'outage']);
    expect(BigInt(lineOf(DARK_SITE)?.intervals[0]?.committedMicroKwh ?? '0')).toBeGreaterThan(0n);
  });

  it('gives nothing to a user who never answered', () => {
    expect(lineOf(SILENT_SITE)).toMatchObject({ amountFen: '0', userFen: '0' });
    expect(statesOf(SILENT_SITE)).toEqual(['uncommitted', 'uncommitted', 'uncommitted', 'uncommitted']);
  });

  it('counts what a user did before it left the event, and nothing from then on', () => {
    expect(statesOf(LEAVING_SITE)).toEqual(['counted', 'withdrawn', 'withdrawn', 'withdrawn']);
  });
});

describe('refusals', () => {
  it('meet whoever nominates after the gate, answers too late or answers for another', () => {
    const refused = outcome.refused.map(({ who, code }) => `${who}: ${code}`);
    expect(refused.sort()).toEqual([
      'aggregator-3: gate_closed',
      'user of site-003: deadline_passed',
      'user of site-004: foreign_instruction',
    ]);
  });
});

describe('receipts', () => {
  it('reach every phone that answered', () => {
    expect(outcome.receiptMs.count).toBeGreaterThan(0);
    expect(outcome.receiptMs.p50).toBeGreaterThan(0);
  });

  it('stand under a log that all three witnesses cosign', () => {
    expect([...outcome.log.cosigners].sort()).toEqual(['aggregator-1', 'power-company', 'regulator']);
    const statements = Object.values(outcome.statementsByType).reduce((total, count) => total + count, 0);
    expect(statements).toBe(outcome.log.size);
  });
});

describe('the verifier', () => {
  it('reads the whole log and finds it whole', async () => {
    const policy = join(publicFolder(stack), 'policy');
    const audit = await verifier(['log', `${urlOf(stack, 'ledger')}/log`, '--policy', policy, '--json']);
    expect(audit).toMatchObject({ code: 0 });
    expect(JSON.parse(audit.stdout)).toMatchObject({ valid: true, size: outcome.log.size, rootHex: outcome.log.root });
  });

  it("accepts the regulator's dossier and a user's cut, without network", async () => {
    expect(outcome.dossiers).toHaveLength(2);
    for (const { path } of outcome.dossiers) {
      const { code, stdout } = await verifier(['dossier', path, '--json'], { offline: true });
      expect([path, code, brokenOf(stdout)]).toEqual([path, 0, null]);
    }
  });

  it('refuses a dossier with one flipped byte, and names the place', async () => {
    const bytes = readFileSync(regulators());
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    const { code, broken } = await verified('flipped', bytes);
    expect([code, broken?.code, broken?.where]).toEqual([1, 'hash_mismatch', copyOf('flipped')]);
  });

  const forgeries: readonly [string, string, RegExp][] = [
    ['an amount of the settlement', 'amount', /"amountFen":"[1-9]/],
    ['a reading', 'reading', /"energyMicroKwh":"[1-9]/],
    ['a committed power', 'power', /"watt":"[1-9]/],
  ];
  it.each(forgeries)('refuses a dossier in which %s was changed and the closing hash made anew', async (...forgery) => {
    const [, name, place] = forgery;
    const { code, broken } = await verified(name, Buffer.from(forged(readFileSync(regulators(), 'utf8'), place)));
    expect(code).toBe(1);
    expect(broken?.where).toMatch(/\S/);
    expect(broken?.code).not.toBe('hash_mismatch');
  });
});

async function linesOf(): Promise<Line[]> {
  const schema = z.object({ lines: z.array(line) });
  return (await readAs(stack, 'operator', { service: 'settlement', path: '/v1/events/event-1/lines', schema })).lines;
}

function lineOf(site: string): Line | undefined {
  return lines.find((one) => one.site === site);
}

function statesOf(site: string): string[] | undefined {
  return lineOf(site)?.intervals.map(({ state }) => state);
}

function regulators(): string {
  return outcome.dossiers.find(({ holder }) => holder === 'regulator')?.path ?? '';
}

function copyOf(name: string): string {
  return join(stack.stateDir, 'demo', `${name}.dossier`);
}

async function verified(name: string, bytes: Uint8Array) {
  writeFileSync(copyOf(name), bytes);
  const { code, stdout } = await verifier(['dossier', copyOf(name), '--json'], { offline: true });
  return { code, broken: brokenOf(stdout) };
}

const broken = z.object({ code: z.string(), where: z.string() }).nullish();
const report = z.object({ broken, steps: z.array(z.object({ broken })) });

/** The first broken link of a report of the verifier; null when nothing is broken. */
function brokenOf(stdout: string): z.infer<typeof broken> {
  const { broken: whole, steps } = report.parse(JSON.parse(stdout));
  return whole ?? steps.map((step) => step.broken).find((one) => one) ?? null;
}

/** The dossier with the last digit of the first number at a place changed, under a closing line that fits. */
function forged(text: string, place: RegExp): string {
  const found = required(place.exec(text) ?? undefined, `${place.source} in the dossier`);
  const last = text.indexOf('"', found.index + found[0].length) - 1;
  const digit = (Number(text[last]) + 1) % 10;
  const [header, json] = `${text.slice(0, last)}${digit}${text.slice(last + 1)}`.split('\n');
  const body = `${header}\n${json}\n`;
  return `${body}sha-256 ${createHash('sha256').update(body).digest('hex')}\n`;
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
