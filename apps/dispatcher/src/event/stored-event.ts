import type { EventChanged } from '@gridpact/contracts';
import type { CancellableState, DrEvent, DrEventState, EventTerms } from '@gridpact/dispatch';
import { formatInstant, instant, instantOf, required, type Instant } from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';

/** A DR event with what was announced and how often it has changed. */
export interface StoredEvent {
  readonly event: DrEvent;
  /** 1 when announced; one more with each change of state. */
  readonly revision: number;
  readonly announced: BodyOf<'event.announced'>;
  /** Leaf hash of `event.announced`. */
  readonly statement: string;
  /** Leaf hash of `program.published`. */
  readonly programStatement: string;
  readonly announcedAt: Instant;
}

/** A row of `dr_event`. */
export interface EventRow {
  readonly state: DrEventState;
  readonly revision: number;
  readonly since: Date;
  readonly announced: BodyOf<'event.announced'>;
  readonly statement: string;
  readonly program_statement: string;
  readonly announced_at: Date;
  readonly settled_run: number | null;
  readonly cancelled_from: CancellableState | null;
  readonly cancel_reason: string | null;
}

/** What was announced, in the numbers and instants of the rules. */
export function termsOf(announced: BodyOf<'event.announced'>): EventTerms {
  return {
    event: announced.event,
    program: announced.program,
    intervals: announced.intervals.map(({ start, end, needWatt }) => ({
      start: instantOf(start),
      end: instantOf(end),
      needWatt: BigInt(needWatt),
    })),
    priceCapMicroCnyPerKwh: BigInt(announced.priceCapMicroCnyPerKwh),
    gateClosesAt: instantOf(announced.gateClosesAt),
    revealBy: instantOf(announced.revealBy),
    confirmBy: instantOf(announced.confirmBy),
  };
}

/** Reads a row. */
export function storedEventOf(row: EventRow): StoredEvent {
  return {
    event: drEventOf(row),
    revision: row.revision,
    announced: row.announced,
    statement: row.statement,
    programStatement: row.program_statement,
    announcedAt: instant(row.announced_at.getTime()),
  };
}

/** Tells the other services of the state that an event is in. */
export function eventMessage(stored: StoredEvent): EventChanged {
  const { event, revision, announced, statement, programStatement } = stored;
  return {
    event: announced.event,
    state: event.state,
    revision,
    announced,
    statement,
    programStatement,
    at: formatInstant(event.since),
  };
}

function drEventOf(row: EventRow): DrEvent {
  const stage = { terms: termsOf(row.announced), since: instant(row.since.getTime()) };
  switch (row.state) {
    case 'settled':
      return { ...stage, state: row.state, run: required(row.settled_run, 'settled_run') };
    case 'cancelled': {
      const from = required(row.cancelled_from, 'cancelled_from');
      return { ...stage, state: row.state, from, reason: required(row.cancel_reason, 'cancel_reason') };
    }
    case 'announced':
    case 'gate-closed':
    case 'cleared':
    case 'confirmed':
    case 'active':
    case 'ended':
    case 'measured':
      return { ...stage, state: row.state };
  }
}
