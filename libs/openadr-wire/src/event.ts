import { z } from 'zod';
import { duration, objectID, objectMetadata, targets } from './fields.js';
import { eventPayloadDescriptor, interval, intervalPeriod, MAX_INTERVALS, reportDescriptor } from './values.js';

/** What a client sends of an event (`eventRequest`); metadata that it sends is dropped. Priority 0 is the highest. */
export const eventRequest = z.object({
  programID: objectID,
  eventName: z.string().max(8000).nullish(),
  duration: duration.optional(),
  priority: z.int().min(0).nullish(),
  targets,
  reportDescriptors: z.array(reportDescriptor).max(20).nullish(),
  payloadDescriptors: z.array(eventPayloadDescriptor).max(20).nullish(),
  intervalPeriod: intervalPeriod.optional(),
  intervals: z.array(interval).max(MAX_INTERVALS).optional(),
});

/** An event as the VTN sends it (`event`). */
export const oadrEvent = z.object({
  ...objectMetadata.shape,
  ...eventRequest.shape,
  objectType: z.literal('EVENT'),
});

export type OadrEvent = z.infer<typeof oadrEvent>;
export type OadrEventRequest = z.infer<typeof eventRequest>;
