import { z } from 'zod';
import { objectID, objectMetadata, shortText } from './fields.js';
import { interval, intervalPeriod, MAX_INTERVALS, reportPayloadDescriptor } from './values.js';

/** Most resources of one report. */
export const MAX_RESOURCES = 500;

/** What a VEN reports (`reportRequest`); metadata that it sends is dropped. */
export const reportRequest = z.object({
  eventID: objectID,
  clientName: shortText,
  reportName: z.string().max(8000).nullish(),
  payloadDescriptors: z.array(reportPayloadDescriptor).max(20).nullish(),
  resources: z
    .array(
      z.object({
        resourceName: shortText,
        intervalPeriod: intervalPeriod.optional(),
        intervals: z.array(interval).max(MAX_INTERVALS),
      }),
    )
    .max(MAX_RESOURCES),
});

/** A report as the VTN sends it (`report`); `clientID` comes from the token, never from the body. */
export const oadrReport = z.object({
  ...objectMetadata.shape,
  ...reportRequest.shape,
  clientID: shortText,
  objectType: z.literal('REPORT'),
});

export type OadrReport = z.infer<typeof oadrReport>;
export type OadrReportRequest = z.infer<typeof reportRequest>;
