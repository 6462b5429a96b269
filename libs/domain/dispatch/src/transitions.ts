import { formatInstant, ok, refuse, unreachable, type Instant, type Result } from '@gridpact/kernel';
import { endsAt, startsAt, type CancellableState, type DrEvent, type DrEventState } from './event.js';

/** What can be asked of an event. The first five fall due by the clock, see {@link dueTransition}. */
export type EventCommand =
  | { readonly kind: 'close-gate' }
  | { readonly kind: 'clear' }
  | { readonly kind: 'close-confirmation' }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'measure' }
  /** A settlement run arrived; runs of one event count from 1. */
  | { readonly kind: 'settle'; readonly run: number }
  | { readonly kind: 'cancel'; readonly reason: string };

/** Why a command was refused. */
export type TransitionRefusalCode = 'wrong_state' | 'too_early' | 'run_not_newer';

/** A command that falls due by the clock alone. */
export type DueKind = 'close-gate' | 'clear' | 'close-confirmation' | 'start' | 'end';

/**
 * From which states each command may be given. Settlement may overtake the measurement's message, since they travel on
 * different topics; each further run is newer than the last.
 */
export const TRANSITIONS = {
  'close-gate': ['announced'],
  clear: ['gate-closed'],
  'close-confirmation': ['cleared'],
  start: ['confirmed'],
  end: ['active'],
  measure: ['ended'],
  settle: ['ended', 'measured', 'settled'],
  cancel: ['announced', 'gate-closed', 'cleared', 'confirmed', 'active'],
} as const satisfies Record<EventCommand['kind'], readonly DrEventState[]>;

/** The event after a command, or why it may not be given: in this state never, not yet, or no longer. */
export function decide(event: DrEvent, command: EventCommand, now: Instant): Result<DrEvent, TransitionRefusalCode> {
  const allowed: readonly DrEventState[] = TRANSITIONS[command.kind];
  if (!allowed.includes(event.state)) {
    return refuse('wrong_state', `an event that is ${event.state} cannot ${command.kind}; only ${allowed.join(', ')}`);
  }
  const { terms } = event;
  switch (command.kind) {
    case 'cancel':
      return ok({ state: 'cancelled', terms, since: now, from: cancellable(event), reason: command.reason });
    case 'settle':
      return settle(event, command.run, now);
    case 'measure':
      return ok({ state: 'measured', terms, since: now });
    case 'close-gate':
    case 'clear':
    case 'close-confirmation':
    case 'start':
    case 'end':
      return atItsTime(event, command.kind, now);
    default:
      return unreachable(command);
  }
}

/**
 * The transition that the clock demands of an event at `now`, or null. One step at a time: a clock that jumped over
 * several deadlines is caught up by asking again, so that no step is skipped.
 */
export function dueTransition(event: DrEvent, now: Instant): { readonly kind: DueKind } | null {
  const kind = nextByClock(event.state);
  return kind && dueAt(event, kind) <= now ? { kind } : null;
}

/** Moment from which a command of the clock may be given. */
export function dueAt({ terms }: Pick<DrEvent, 'terms'>, kind: DueKind): Instant {
  switch (kind) {
    case 'close-gate':
      return terms.gateClosesAt;
    case 'clear':
      return terms.revealBy;
    case 'close-confirmation':
      return terms.confirmBy;
    case 'start':
      return startsAt(terms);
    case 'end':
      return endsAt(terms);
    default:
      return unreachable(kind);
  }
}

function nextByClock(state: DrEventState): DueKind | null {
  switch (state) {
    case 'announced':
      return 'close-gate';
    case 'gate-closed':
      return 'clear';
    case 'cleared':
      return 'close-confirmation';
    case 'confirmed':
      return 'start';
    case 'active':
      return 'end';
    case 'ended':
    case 'measured':
    case 'settled':
    case 'cancelled':
      return null;
    default:
      return unreachable(state);
  }
}

const STATE_AFTER = {
  'close-gate': 'gate-closed',
  clear: 'cleared',
  'close-confirmation': 'confirmed',
  start: 'active',
  end: 'ended',
} as const satisfies Record<DueKind, DrEventState>;

function atItsTime(event: DrEvent, kind: DueKind, now: Instant): Result<DrEvent, TransitionRefusalCode> {
  const from = dueAt(event, kind);
  if (now < from) return refuse('too_early', `${kind} is due at ${formatInstant(from)}`);
  return ok({ state: STATE_AFTER[kind], terms: event.terms, since: now });
}

function settle(event: DrEvent, run: number, now: Instant): Result<DrEvent, TransitionRefusalCode> {
  if (event.state === 'settled' && run <= event.run) {
    return refuse('run_not_newer', `run ${event.run} already stands`);
  }
  return ok({ state: 'settled', terms: event.terms, since: now, run });
}

function cancellable(event: DrEvent): CancellableState {
  const found = TRANSITIONS.cancel.find((state) => state === event.state);
  if (!found) throw new Error(`cancelled from ${event.state}`);
  return found;
}
