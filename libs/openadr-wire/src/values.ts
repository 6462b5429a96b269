import { z } from 'zod';
import { dateTime, duration, shortText, targets } from './fields.js';

/** Most intervals of one event or report resource: a day of quarter hours, six times over. */
export const MAX_INTERVALS = 576;
const MAX_VALUES = 1000;
const MAX_PAYLOADS = 100;

/** A pair of numbers (`point`). */
export const point = z.object({ x: z.number(), y: z.number() });

/** Values of one type (`valuesMap`); unknown types pass. */
export const valuesMap = z.object({
  type: shortText,
  values: z.array(z.union([z.number(), z.string().max(8000), z.boolean(), point])).max(MAX_VALUES),
});

/** When an interval starts, how long it is, and by how much a client shifts it at random (`intervalPeriod`). */
export const intervalPeriod = z.object({
  start: dateTime.optional(),
  duration: duration.optional(),
  randomizeStart: duration.optional(),
});

/** A span with its payloads (`interval`); without a period of its own it inherits that of its event. */
export const interval = z.object({
  id: z.int32(),
  intervalPeriod: intervalPeriod.optional(),
  payloads: z.array(valuesMap).max(MAX_PAYLOADS),
});

/** Units and currency of an event's payloads (`eventPayloadDescriptor`). */
export const eventPayloadDescriptor = z.object({
  objectType: z.literal('EVENT_PAYLOAD_DESCRIPTOR'),
  payloadType: shortText,
  units: shortText.nullish(),
  currency: z.string().max(128).nullish(),
});

/** Units and quality of a report's payloads (`reportPayloadDescriptor`). */
export const reportPayloadDescriptor = z.object({
  objectType: z.literal('REPORT_PAYLOAD_DESCRIPTOR'),
  payloadType: shortText,
  readingType: shortText.nullish(),
  units: shortText.nullish(),
  accuracy: z.number().nullish(),
  confidence: z.int32().min(0).max(100).nullish(),
});

/** A report that the VTN asks for (`reportDescriptor`), with the defaults of the specification. */
export const reportDescriptor = z.object({
  payloadType: shortText,
  readingType: shortText.nullish(),
  units: shortText.nullish(),
  targets,
  aggregate: z.boolean().default(false),
  startInterval: z.int32().default(-1),
  numIntervals: z.int32().default(-1),
  historical: z.boolean().default(true),
  frequency: z.int32().default(-1),
  repeat: z.int32().default(1),
  reportIntervals: z.enum(['INTERVALS', 'SUB_INTERVALS', 'OPEN_INTERVALS']).default('INTERVALS'),
});

export type ValuesMap = z.infer<typeof valuesMap>;
export type IntervalPeriod = z.infer<typeof intervalPeriod>;
export type OadrInterval = z.infer<typeof interval>;
