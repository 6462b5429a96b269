import { formatInstant, instantOf, type Instant } from '@gridpact/kernel';
import { durationOfMs, type OadrEvent, type OadrProgram } from '@gridpact/openadr-wire';
import type { BodyOf } from '@gridpact/statement';
import type { StoredEvent } from '../event/stored-event.js';
import type { Program } from '../program/program-store.js';

/** Event payload: shed load, level 1 of 0 to 3 (enumeration of the specification). */
const SIMPLE = 'SIMPLE';
const SHED = 1;
/** Event payload: relative change of consumption; here in kW, negative for a cut. */
const SETPOINT = 'DISPATCH_SETPOINT_RELATIVE';
const WATT_PER_KW = 1000;

type Span = { readonly start: string; readonly end: string };
type OadrSpan = NonNullable<OadrEvent['intervals']>[number];

/** A program as OpenADR shows it. */
export function oadrProgramOf({ program, rulePack, publishedAt }: Program): OadrProgram {
  return {
    ...metadata(program, 'PROGRAM', publishedAt),
    programName: program,
    payloadDescriptors: [
      { objectType: 'EVENT_PAYLOAD_DESCRIPTOR', payloadType: SIMPLE },
      { objectType: 'EVENT_PAYLOAD_DESCRIPTOR', payloadType: SETPOINT, units: 'KW' },
    ],
    attributes: [
      { type: 'RULE_PACK', values: [`${rulePack.name} ${rulePack.version}`] },
      { type: 'DIRECTION', values: [rulePack.direction] },
    ],
  };
}

/** The event as everybody may see it: when it is, and that load is wanted, but not from whom. */
export function publicEvent(stored: StoredEvent, now: Instant): OadrEvent {
  const { event, program, intervals } = stored.announced;
  return {
    ...metadata(event, 'EVENT', now),
    programID: program,
    eventName: event,
    priority: 0,
    payloadDescriptors: [{ objectType: 'EVENT_PAYLOAD_DESCRIPTOR', payloadType: SIMPLE }],
    intervals: intervals.map((span, id) => intervalOf(span, id, SIMPLE, SHED)),
  };
}

/** The event as one aggregator sees it: what it is to deliver, as a change of its consumption in kW. */
export function aggregatorEvent(stored: StoredEvent, award: BodyOf<'award.issued'>, now: Instant): OadrEvent {
  const { event, program, direction } = stored.announced;
  const sign = direction === 'peak-cut' ? -1 : 1;
  return {
    ...metadata(`${event}-${award.aggregator.replaceAll('.', '_')}`, 'EVENT', now),
    programID: program,
    eventName: event,
    priority: 0,
    targets: [award.aggregator],
    payloadDescriptors: [{ objectType: 'EVENT_PAYLOAD_DESCRIPTOR', payloadType: SETPOINT, units: 'KW' }],
    intervals: award.intervals.map((span, id) => {
      return intervalOf(span, id, SETPOINT, (sign * Number(span.watt)) / WATT_PER_KW);
    }),
  };
}

function metadata<T extends 'PROGRAM' | 'EVENT'>(id: string, objectType: T, at: Instant) {
  const moment = formatInstant(at);
  return { id, createdDateTime: moment, modificationDateTime: moment, objectType };
}

function intervalOf({ start, end }: Span, id: number, type: string, value: number): OadrSpan {
  const duration = durationOfMs(instantOf(end) - instantOf(start));
  return { id, intervalPeriod: { start, duration }, payloads: [{ type, values: [value] }] };
}
