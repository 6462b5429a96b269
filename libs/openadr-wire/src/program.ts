import { z } from 'zod';
import { objectMetadata, shortText, targets } from './fields.js';
import { eventPayloadDescriptor, intervalPeriod, reportPayloadDescriptor, valuesMap } from './values.js';

const MAX_DESCRIPTIONS = 20;

/** What a client sends of a program (`programRequest`); metadata that it sends is dropped. */
export const programRequest = z.object({
  programName: shortText,
  intervalPeriod: intervalPeriod.optional(),
  programDescriptions: z
    .array(z.object({ URL: z.url().max(8000) }))
    .max(MAX_DESCRIPTIONS)
    .nullish(),
  payloadDescriptors: z
    .array(z.discriminatedUnion('objectType', [eventPayloadDescriptor, reportPayloadDescriptor]))
    .max(MAX_DESCRIPTIONS)
    .nullish(),
  attributes: z.array(valuesMap).max(100).nullish(),
  targets,
});

/** A program as the VTN sends it (`program`). */
export const oadrProgram = z.object({
  ...objectMetadata.shape,
  ...programRequest.shape,
  objectType: z.literal('PROGRAM'),
});

export type OadrProgram = z.infer<typeof oadrProgram>;
