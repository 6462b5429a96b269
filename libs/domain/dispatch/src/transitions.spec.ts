import { instant, type Instant } from '@gridpact/kernel';
import { describe, expect, it } from 'vitest';
import { EVENT_STATES, type DrEvent, type DrEventState, type EventTerms } from './event.js';
import { decide, dueTransition, type DueKind, type EventCommand } from './transitions.js';

const at = (hour: number): Instant => instant(hour * 3_600_000);

const terms: EventTerms = {
  event: 'ev-1',
  program: 'p-1',
  intervals: [
    { start: at(10), end: at(11), needWatt: 5000n },
    { start: at(11), end: at(12), needWatt: 5000n },
  ],
  priceCapMicroCnyPerKwh: 4_000_000n,
  gateClosesAt: at(4),
  revealBy: at(5),
  confirmBy: at(8),
};

const inState = (state: DrEventState): DrEvent => {
  const stage = { terms, since: at(0) };
  if (state === 'settled') return { ...stage, state, run: 1 };
  if (state === 'cancelled') return { ...stage, state, from: 'announced', reason: 'rain' };
  return { ...stage, state };
};

const COMMANDS: readonly EventCommand[] = [
  { kind: 'close-gate' },
  { kind: 'clear' },
  { kind: 'close-confirmation' },
  { kind: 'start' },
  { kind: 'end' },
  { kind: 'measure' },
  { kind: 'settle', run: 2 },
  { kind: 'cancel', reason: 'no need' },
];

/** The whole table, written apart from the code: state by state, what each allowed command leads to. */
const LEADS_TO: Record<DrEventState, Partial<Record<EventCommand['kind'], DrEventState>>> = {
  announced: { 'close-gate': 'gate-closed', cancel: 'cancelled' },
  'gate-closed': { clear: 'cleared', cancel: 'cancelled' },
  cleared: { 'close-confirmation': 'confirmed', cancel: 'cancelled' },
  confirmed: { start: 'active', cancel: 'cancelled' },
  active: { end: 'ended', cancel: 'cancelled' },
  ended: { measure: 'measured', settle: 'settled' },
  measured: { settle: 'settled' },
  settled: { settle: 'settled' },
  cancelled: {},
};

const CASES = EVENT_STATES.flatMap((state) => COMMANDS.map((command) => ({ state, command, kind: command.kind })));

describe('long after every deadline', () => {
  it.each(CASES)('an event that is $state answers $kind by the table', ({ state, command }) => {
    const decision = decide(inState(state), command, at(99));
    const expected = LEADS_TO[state][command.kind];
    if (expected) expect(decision).toMatchObject({ ok: true, value: { state: expected, terms, since: at(99) } });
    else expect(decision).toMatchObject({ ok: false, refusal: { code: 'wrong_state' } });
  });
});

describe('a command of the clock', () => {
  const DUE: readonly [DrEventState, DueKind, Instant][] = [
    ['announced', 'close-gate', at(4)],
    ['gate-closed', 'clear', at(5)],
    ['cleared', 'close-confirmation', at(8)],
    ['confirmed', 'start', at(10)],
    ['active', 'end', at(12)],
  ];

  it.each(DUE)('to an event that is %s: %s is too early one millisecond before its deadline', (state, kind, due) => {
    const event = inState(state);
    const early = instant(due - 1);
    expect(decide(event, { kind }, early)).toMatchObject({ ok: false, refusal: { code: 'too_early' } });
    expect(dueTransition(event, early)).toBeNull();
    expect(dueTransition(event, due)).toEqual({ kind });
    expect(decide(event, { kind }, due).ok).toBe(true);
  });

  it('never falls due once the event has ended or was cancelled', () => {
    for (const state of ['ended', 'measured', 'settled', 'cancelled'] as const) {
      expect(dueTransition(inState(state), at(999))).toBeNull();
    }
  });

  it('is caught up step by step when the clock jumped over all of them', () => {
    let event: DrEvent = inState('announced');
    const passed: DueKind[] = [];
    for (let due = dueTransition(event, at(99)); due; due = dueTransition(event, at(99))) {
      const decision = decide(event, due, at(99));
      if (!decision.ok) throw new Error(decision.refusal.detail);
      event = decision.value;
      passed.push(due.kind);
    }
    expect(passed).toEqual(['close-gate', 'clear', 'close-confirmation', 'start', 'end']);
    expect(event.state).toBe('ended');
  });
});

describe('a settled event', () => {
  it('takes a newer run and refuses one that already stands', () => {
    const settled = inState('settled');
    expect(decide(settled, { kind: 'settle', run: 2 }, at(20))).toMatchObject({ ok: true, value: { run: 2 } });
    expect(decide(settled, { kind: 'settle', run: 1 }, at(20))).toMatchObject({
      ok: false,
      refusal: { code: 'run_not_newer' },
    });
  });
});

describe('a cancelled event', () => {
  it('remembers what it was and why it ended', () => {
    expect(decide(inState('active'), { kind: 'cancel', reason: 'storm' }, at(11))).toMatchObject({
      ok: true,
      value: { state: 'cancelled', from: 'active', reason: 'storm' },
    });
  });
});
