import { resolveDays } from '@gridpact/baseline';
import { type DossierSeries, Evidence, type EventFacts, factsOf } from '@gridpact/dossier';
import { type Interval, instantOf, localDateOf, ok, refuse, required, type Result } from '@gridpact/kernel';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { LedgerReader, type LedgerStatement } from '../ledger/ledger-reader.js';
import { SeriesReader } from '../series/series-reader.js';
import { type Awaited, AwaitedStore } from '../sources/awaited-store.js';

/** Why a run cannot read what it needs. */
export type EvidenceRefusal = 'not_sealed_yet' | 'facts_incomplete' | 'evidence_broken';

/** What a run is computed from: everything is sealed. */
export interface RunEvidence {
  readonly evidence: Evidence;
  readonly facts: EventFacts;
  /** The days that baselines look back on, and the event day. */
  readonly span: Interval;
  /** Parts of each instructed meter under the commitments that this run may use, not yet checked. */
  readonly series: ReadonlyMap<string, readonly DossierSeries[]>;
}

/** Gathers the sealed statements of an event and the series under its commitments. */
@Injectable()
export class RunEvidenceReader {
  constructor(
    private readonly ledger: LedgerReader,
    private readonly readings: SeriesReader,
    private readonly awaited: AwaitedStore,
    private readonly dataSource: DataSource,
  ) {}

  async read(event: string): Promise<Result<RunEvidence, EvidenceRefusal>> {
    const statements = await this.statements(event);
    const facts = await this.facts(event, statements);
    if (!facts.ok) return facts;
    const { span, before } = daysOf(facts.value);
    const needed = await this.awaited.ofRun(this.dataSource, event, before);
    const missing = needed.find(({ sealed }) => !sealed);
    if (missing) return refuse('not_sealed_yet', `${missing.kind} ${missing.statement} is not sealed yet`);
    const unread = unreadOf(statements, needed);
    if (unread) return refuse('not_sealed_yet', `${unread.kind} ${unread.statement} was sealed while this was read`);
    const handed = await this.handedParts(facts.value, span);
    if (!handed.ok) return handed;
    const series = usableParts(handed.value, needed);
    const used = await this.ledger.all(furtherCommitments(statements, series));
    const evidence = Evidence.of([...statements, ...used]);
    if (!evidence.ok) return refuse('evidence_broken', `${evidence.refusal.code}: ${evidence.refusal.detail}`);
    return ok({ evidence: evidence.value, facts: facts.value, span, series });
  }

  /** What stands in the log about the event: its own statements, its program, other events, the contracts named. */
  private async statements(event: string): Promise<LedgerStatement[]> {
    const [own, announced] = await Promise.all([
      this.ledger.list({ subject: event }),
      this.ledger.list({ type: 'event.announced' }),
    ]);
    const read = Evidence.of(own);
    const body = read.ok ? read.value.opened('event.announced')[0]?.body : undefined;
    const program = body ? await this.ledger.list({ subject: body.program }) : [];
    const instructions = read.ok ? read.value.opened('instruction.issued') : [];
    const contracts = await this.ledger.all([
      ...new Set(instructions.map(({ body: instruction }) => instruction.enrolmentStatement)),
    ]);
    return uniqueStatements([...own, ...announced, ...program, ...contracts]);
  }

  private async facts(
    event: string,
    statements: readonly LedgerStatement[],
  ): Promise<Result<EventFacts, EvidenceRefusal>> {
    const evidence = Evidence.of(statements);
    if (!evidence.ok) return refuse('evidence_broken', `${evidence.refusal.code}: ${evidence.refusal.detail}`);
    const facts = factsOf(evidence.value, event);
    return facts.ok ? facts : refuse('facts_incomplete', `${facts.refusal.code}: ${facts.refusal.detail}`);
  }

  /** Parts as ingest hands them over; one whose commitment this service was not told of yet is waited for. */
  private async handedParts(facts: EventFacts, span: Interval): Promise<Result<Series, 'not_sealed_yet'>> {
    const meters = [...new Set(facts.sites.map(({ contract }) => contract.meter))].sort();
    const parts = await this.readings.parts(meters, span);
    const commitments = new Set([...parts.values()].flat().map(({ statement }) => statement));
    const [unheard] = await this.awaited.unheard(this.dataSource, [...commitments]);
    if (unheard !== undefined) return refuse('not_sealed_yet', `commitment ${unheard} was not told of yet`);
    return ok(parts);
  }
}

type Series = ReadonlyMap<string, readonly DossierSeries[]>;

/** An answer or outage that was sealed after the statements were listed, if there is one. */
function unreadOf(statements: readonly LedgerStatement[], needed: readonly Awaited[]): Awaited | undefined {
  const known = new Set(statements.map(({ statement }) => statement));
  return needed.find(({ kind, statement }) => (kind === 'answer' || kind === 'outage') && !known.has(statement));
}

function usableParts(handed: Series, needed: readonly Awaited[]): Series {
  const usable = new Set(needed.map(({ statement }) => statement));
  return new Map([...handed].map(([meter, parts]) => [meter, parts.filter(({ statement }) => usable.has(statement))]));
}

/** Commitments that parts stand under and that are not among the statements read so far. */
function furtherCommitments(statements: readonly LedgerStatement[], series: Series): string[] {
  const known = new Set(statements.map(({ statement }) => statement));
  const used = new Set([...series.values()].flat().map(({ statement }) => statement));
  return [...used].filter((statement) => !known.has(statement));
}

/** Each statement once. */
export function uniqueStatements(statements: readonly LedgerStatement[]): LedgerStatement[] {
  return [...new Map(statements.map((one) => [one.statement, one])).values()];
}

/** The days of a run, and those of them before the event day: their whole-day commitments are the baseline's. */
export function daysOf({ event, program }: EventFacts): { span: Interval; before: Interval } {
  const { zone, calendar } = program.rulePack;
  const first = required(event.intervals[0], 'first interval of the event');
  const days = resolveDays(zone, calendar, localDateOf(zone, instantOf(first.start)));
  const start = required(days[0], 'first day').start;
  const eventDay = required(days.at(-1), 'event day');
  return { span: { start, end: eventDay.end }, before: { start, end: eventDay.start } };
}
