import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Committed } from '@gridpact/contracts';
import type { DossierSeries } from '@gridpact/dossier';
import { resolveDays } from '@gridpact/baseline';
import {
  MS_PER_HOUR,
  formatInstant,
  instant,
  instantOf,
  localDayBounds,
  machineInstant,
  required,
} from '@gridpact/kernel';
import { examplePack } from '@gridpact/program';
import {
  type BodyOf,
  type KeySigner,
  type PartyRole,
  STATEMENT_TYPES,
  type Statement,
  type StatementType,
  ed25519Signer,
  prepare,
  publicKeyOf,
  sealBatch,
  signPromise,
  signStatement,
} from '@gridpact/statement';
import { type IntervalRecord, seriesItemOf } from '@gridpact/telemetry';
import { POLICY, TestLog } from './log.fixture.js';

/** The bundle that the build made: tests run the very contract that services run. */
export const BUNDLE_FILE = new URL('../../../libs/domain/settlement/dist/contract.bundle.mjs', import.meta.url)
  .pathname;

const ZONE = 'Asia/Shanghai';
const DATE = '2026-07-15';
const CALENDAR = { name: 'none', holidays: [], workdays: [] };
const PRICE = '1500000';
/** Business time of what is said before the event. */
const BEFORE = instantOf('2026-07-14T02:00:00.000Z');
/** Business time after the event: when it is settled. */
export const AFTER = instantOf('2026-07-15T13:00:00.000Z');

const key = (fill: number): KeySigner =>
  ed25519Signer({ kty: 'OKP', crv: 'Ed25519', d: Buffer.alloc(32, fill).toString('base64url') });

/** Keys of everybody in the town. */
export const KEYS = {
  operator: key(1),
  approver: key(2),
  'aggregator-1': key(3),
  'aggregator-2': key(4),
  regulator: key(5),
  identity: key(6),
  settlement: key(7),
  ingest: key(8),
  aggregator: key(9),
  dispatcher: key(10),
  'user-1': key(11),
  'user-2': key(12),
  'user-3': key(13),
} as const;

/** Sites: users 1 and 2 with aggregator-1, user 3 with aggregator-2; 2 kW each, a fifth for the aggregator. */
export const SITES = [
  { site: 'site-1', meter: 'meter-1', user: 'user-1', aggregator: 'aggregator-1' },
  { site: 'site-2', meter: 'meter-2', user: 'user-2', aggregator: 'aggregator-1' },
  { site: 'site-3', meter: 'meter-3', user: 'user-3', aggregator: 'aggregator-2' },
] as const;

const DAYS = resolveDays(ZONE, CALENDAR, DATE);
const FIRST_DAY = required(DAYS[0], 'first day').start;
const EVENT_DAY = localDayBounds(ZONE, DATE);
const hour = (at: number) => formatInstant(instant(EVENT_DAY.start + at * MS_PER_HOUR));
const HOURS = [14, 15, 16, 17].map((at) => ({ start: hour(at), end: hour(at + 1) }));
const WINDOW = { from: EVENT_DAY.start, to: instantOf(hour(18)) };

/** How a statement differs from the plain one. */
interface Telling {
  readonly by?: string;
  readonly signers?: readonly KeySigner[];
  readonly parents?: readonly string[];
  readonly subject?: string;
  readonly audience?: readonly string[];
  readonly promisedBy?: 'aggregator' | 'dispatcher';
  readonly salt?: Uint8Array;
}

/** One event of a town: its log up to the instructions' answers, and the series that ingest keeps. */
export class Town {
  readonly log = new TestLog();
  readonly parts = new Map<string, (DossierSeries & { readonly meter: string })[]>();
  readonly commitments: Committed[] = [];
  private versions = 1;

  private constructor(
    readonly event: string,
    readonly bundleSha256: string,
  ) {}

  /** A town whose event is over: 10 kWh an hour before, 8 kWh in the four hours of the event, all of it committed. */
  static async afterEvent(event: string, bundleSha256 = sha256(readFileSync(BUNDLE_FILE))): Promise<Town> {
    const town = new Town(event, bundleSha256);
    const program = await town.open();
    const answers = await town.clear(program);
    await town.instruct(program, answers);
    await town.commit(
      'meter-days',
      () => 10n,
      { from: FIRST_DAY, to: EVENT_DAY.start },
      SITES.map(({ meter }) => meter),
    );
    return town;
  }

  /** Commits the window of the event; `used` is kWh in each of its hours, by meter. */
  commitWindow(used: (meter: string) => bigint = () => 8n): Promise<Committed> {
    return this.commit(
      'event-window',
      used,
      WINDOW,
      SITES.map(({ meter }) => meter),
    );
  }

  /** Corrects one meter's window. */
  async correct(meter: string, used: bigint): Promise<Committed> {
    const old = required(
      this.parts.get(meter)?.findLast(({ statement }) => statement !== this.commitments[0]?.statement),
      'window of the meter',
    );
    return this.commit('event-window', () => used, WINDOW, [meter], old);
  }

  async say<T extends StatementType>(type: T, body: BodyOf<T>, telling: Telling = {}): Promise<Statement<T>> {
    const { by = 'power-company', signers = [KEYS.operator], parents = [], subject = this.event } = telling;
    const at = STATEMENT_TYPES[type].open && by === 'ingest' ? AFTER : BEFORE;
    const hidden = STATEMENT_TYPES[type].open ? {} : { salt: telling.salt ?? randomBytes(32) };
    const statement = await signStatement(prepare({ type, at, by, subject, parents, body, ...hidden }), signers);
    this.log.append(statement, {
      audience: telling.audience ?? ['settlement'],
      promise: telling.promisedBy && (await promiseOf(statement.leafHash, telling.promisedBy)),
      ...(type === 'nomination.committed' ? { opening: undefined } : {}),
    });
    return statement;
  }

  /** Genesis, users, program. */
  private async open(): Promise<string> {
    const founders = [
      party('power-company', 'power-company', [KEYS.operator, 'operator'], [KEYS.approver, 'approver']),
      ...(['aggregator-1', 'aggregator-2'] as const).map((name) =>
        party(name, 'aggregator', [KEYS[name], 'statements']),
      ),
      party('regulator', 'regulator', [KEYS.regulator, 'regulator']),
      party('identity', 'registry', [KEYS.identity, 'registry']),
      ...(['settlement', 'ingest', 'aggregator', 'dispatcher'] as const).map((name) =>
        party(name, 'service', [KEYS[name], 'service']),
      ),
    ];
    const signers = [KEYS.operator, KEYS['aggregator-1'], KEYS['aggregator-2'], KEYS.regulator, KEYS.identity];
    const genesis = { origin: 'gridpact.test/log', environment: 'sandbox', parties: founders, policy: POLICY } as const;
    await this.say('log.genesis', { ...genesis, parties: [...founders] }, { signers, subject: 'log' });
    for (const { user } of SITES) {
      const body = { ...party(user, 'user', [KEYS[user], 'phone']), registrar: 'identity' };
      await this.say('party.registered', body, { by: user, signers: [KEYS.identity, KEYS[user]], subject: user });
    }
    const rulePack = { ...examplePack(CALENDAR), minimumNominationWatt: '0' };
    const body = { program: `p-${this.event}`, rulePack, bundleSha256: this.bundleSha256 };
    return (await this.say('program.published', body, { subject: body.program })).leafHash;
  }

  /** Announcement, two nominations, clearing; gives the awards by aggregator. */
  private async clear(program: string): Promise<Map<string, string>> {
    const body: BodyOf<'event.announced'> = {
      ...{ event: this.event, program: `p-${this.event}`, area: 'yiwu', direction: 'peak-cut' },
      ...{ responseType: 'day-ahead-invited', priceCapMicroCnyPerKwh: '4000000' },
      intervals: HOURS.map((span) => ({ ...span, needWatt: '6000' })),
      ...{ gateClosesAt: '2026-07-14T04:00:00.000Z', revealBy: '2026-07-14T05:00:00.000Z' },
      confirmBy: '2026-07-15T04:00:00.000Z',
    };
    const both = [KEYS.operator, KEYS.approver];
    const announced = await this.say('event.announced', body, { signers: both, parents: [program] });
    const offers = [
      await this.nominate(announced, 'aggregator-1', '4000'),
      await this.nominate(announced, 'aggregator-2', '2000'),
    ];
    const computed = await this.say(
      'clearing.computed',
      {
        ...{ event: this.event, pricing: 'uniform', clearingPriceMicroCnyPerKwh: PRICE },
        intervals: HOURS.map((span) => ({ ...span, needWatt: '6000', awardedWatt: '6000' })),
        ...{ nominations: offers, excluded: [], awards: { root: sha256('awards'), count: 2 } },
      },
      { parents: [announced.leafHash] },
    );
    const awards = new Map<string, string>();
    for (const [aggregator, watt] of [
      ['aggregator-1', '4000'],
      ['aggregator-2', '2000'],
    ] as const) {
      const award = { event: this.event, aggregator, priceMicroCnyPerKwh: PRICE };
      const intervals = HOURS.map((span) => ({ ...span, watt }));
      const telling = { parents: [computed.leafHash], audience: ['power-company', 'settlement', aggregator] };
      awards.set(aggregator, (await this.say('award.issued', { ...award, intervals }, telling)).leafHash);
    }
    return awards;
  }

  private async nominate(
    announced: Statement,
    aggregator: 'aggregator-1' | 'aggregator-2',
    watt: string,
  ): Promise<string> {
    const salt = randomBytes(32);
    const body = { event: this.event, aggregator, blocks: [{ watt, priceMicroCnyPerKwh: PRICE }] };
    const said = { by: aggregator, signers: [KEYS[aggregator]], salt };
    const audience = [aggregator, 'power-company'];
    const committed = await this.say('nomination.committed', body, {
      ...{ ...said, audience, parents: [announced.leafHash], promisedBy: 'dispatcher' },
    });
    await this.say('nomination.revealed', body, { ...said, audience, parents: [committed.leafHash] });
    return committed.leafHash;
  }

  /** Contracts, instructions, full answers. */
  private async instruct(program: string, awards: ReadonlyMap<string, string>): Promise<void> {
    for (const { site, meter, user, aggregator } of SITES) {
      const enrolment = `e-${site}-${this.event}`;
      const audience = [user, aggregator, 'settlement'];
      const contract = await this.say(
        'enrolment.agreed',
        {
          ...{ enrolment, program: `p-${this.event}`, aggregator, user, site, meter, feeder: `feeder-${site}` },
          ...{ capabilityWatt: '5000', baselineMethod: 'CN_TYP5', penaltyPassThrough: false, silence: 'declined' },
          split: { kind: 'share', aggregatorPercent: '20' },
          consent: { purpose: 'demand response', until: '2027-01-01T00:00:00.000Z' },
          from: '2026-01-01T00:00:00.000Z',
        },
        { by: aggregator, signers: [KEYS[aggregator], KEYS[user]], parents: [program], subject: enrolment, audience },
      );
      const award = required(awards.get(aggregator), 'award');
      const intervals = HOURS.map((span) => ({ ...span, watt: '2000' }));
      const instruction = `i-${site}`;
      const asked = await this.say(
        'instruction.issued',
        {
          ...{ instruction, event: this.event, award, enrolment, enrolmentStatement: contract.leafHash, user, site },
          ...{ intervals, priceMicroCnyPerKwh: PRICE, estimatedFen: '1200', confirmBy: '2026-07-15T04:00:00.000Z' },
        },
        { by: aggregator, signers: [KEYS[aggregator]], parents: [award, contract.leafHash], audience },
      );
      const answer = { instruction, event: this.event, site, answer: 'full', intervals } as const;
      await this.say(
        'curtailment.confirmed',
        { ...answer, intervals, earlier: null, via: 'phone', offer: null },
        { by: user, signers: [KEYS[user]], parents: [asked.leafHash], audience, promisedBy: 'aggregator' },
      );
    }
  }

  private async commit(
    kind: Committed['kind'],
    used: (meter: string) => bigint,
    { from, to }: typeof WINDOW,
    meters: readonly string[],
    corrects?: DossierSeries,
  ): Promise<Committed> {
    const version = (this.versions += 1);
    const series = meters.map((meter) => recordsOf(meter, from, to, used(meter), version));
    const items = series.map((records, at) =>
      seriesItemOf({ meter: meters[at] ?? '', from, to, stepMs: MS_PER_HOUR }, records, 1),
    );
    const batch = sealBatch(items.map((item) => ({ recipient: item.meter, item, salt: randomBytes(32) })));
    const event = kind === 'event-window' ? this.event : null;
    const span = { from: formatInstant(from), to: formatInstant(to) };
    const named = { commitment: `c-${this.event}-${version}`, kind, event, ...span };
    const body = { ...named, batch: { root: batch.root, count: batch.count } };
    const telling = { by: 'ingest', signers: [KEYS.ingest], subject: event ?? 'telemetry' };
    const oldRoot = (corrects?.opening.item as { root?: string } | undefined)?.root ?? '';
    const correction = { meter: sha256(meters[0] ?? ''), oldRoot, newRoot: items[0]?.root ?? '' };
    const statement = corrects
      ? await this.say(
          'telemetry.corrected',
          { ...body, reason: 'wrong reading', corrections: [correction] },
          { ...telling, parents: [corrects.statement] },
        )
      : await this.say('telemetry.committed', body, telling);
    for (const [at, opening] of batch.openings.entries()) {
      const records = (series[at] ?? []).map(recordJson);
      const part = {
        statement: statement.leafHash,
        opening: { ...opening, item: { ...opening.item }, path: [...opening.path] },
        records,
      };
      const meter = meters[at] ?? '';
      this.parts.set(meter, [...(this.parts.get(meter) ?? []), { ...part, meter }]);
    }
    const committed = {
      ...named,
      statement: statement.leafHash,
      corrects: corrects?.statement ?? null,
      meters: meters.length,
    };
    this.commitments.push(committed);
    return committed;
  }
}

/** SHA-256 in hex. */
export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function recordsOf(meter: string, from: number, to: number, used: bigint, version: number): IntervalRecord[] {
  return Array.from({ length: (to - from) / MS_PER_HOUR }, (_, at) => {
    const start = instant(from + at * MS_PER_HOUR);
    const inEvent = start >= instantOf(hour(14)) && start < instantOf(hour(18));
    const energyMicroKwh = (inEvent ? used : 10n) * 1_000_000n;
    const frame = { gateway: 'gw-1', seq: version * 10_000 + at };
    return { meter, start, stepMs: MS_PER_HOUR, energyMicroKwh, quality: 'raw' as const, version: 1, frame };
  });
}

function recordJson({ start, energyMicroKwh, ...rest }: IntervalRecord): object {
  return { ...rest, start: formatInstant(start), energyMicroKwh: String(energyMicroKwh) };
}

async function promiseOf(statement: string, by: 'aggregator' | 'dispatcher'): Promise<Uint8Array> {
  const sealBy = machineInstant(Date.UTC(2030, 0));
  return signPromise({ statement, receivedAt: BEFORE, sealBy, by }, KEYS[by]);
}

function party(name: string, role: PartyRole, ...keys: [KeySigner, string][]) {
  const held = keys.map(([signer, use]) => ({ ...publicKeyOf(signer, use), jwk: { ...signer.jwk } }));
  return { party: name, role, operator: role === 'service' ? 'power-company' : null, keys: held };
}
