import { z } from 'zod';

/** Types of objects that the API addresses (`objectTypes`); every object that we send carries its own. */
export const objectType = z.enum(['PROGRAM', 'EVENT', 'REPORT', 'SUBSCRIPTION', 'VEN', 'RESOURCE']);
/** URL-safe id that the VTN assigns (`objectID`). */
export const objectID = z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/, 'an id of 1 to 128 letters, digits, _ or -');
/** Names, targets and payload types: any text of 1 to 128 characters; enumerations of payload types are open. */
export const shortText = z.string().min(1).max(128);

/**
 * RFC 3339 date-time (`dateTime`), kept as the text that was sent: `0001-01-01T00:00:00Z` means "now", and an offset
 * must come back as it went.
 */
export const dateTime = z
  .string()
  .max(40)
  .regex(/^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/, 'an RFC 3339 date-time');

/** ISO 8601 duration (`duration`, with the pattern of the specification), kept as text: `P9999Y` means "for ever". */
export const duration = z
  .string()
  .max(60)
  .regex(
    /^(-?)P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)([DW]))?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/,
    'an ISO 8601 duration',
  );

/** Most targets of one object that we store. */
export const MAX_TARGETS = 200;
/** `targets`: absent, null or a list. */
export const targets = z.array(shortText).max(MAX_TARGETS).nullish();

/** What the VTN adds to every object (`objectMetadata`). */
export const objectMetadata = z.object({
  id: objectID,
  createdDateTime: dateTime,
  modificationDateTime: dateTime,
  objectType,
});

/** Writes whole seconds as an ISO 8601 duration in hours, minutes and seconds, such as `PT1H` or `PT15M`; throws below 1 s. */
export function durationOfMs(ms: number): string {
  if (!Number.isInteger(ms / 1000) || ms < 1000) throw new RangeError(`not whole seconds: ${ms} ms`);
  const seconds = ms / 1000;
  const parts: [number, string][] = [
    [Math.floor(seconds / 3600), 'H'],
    [Math.floor((seconds % 3600) / 60), 'M'],
    [seconds % 60, 'S'],
  ];
  return `PT${parts.map(([count, unit]) => (count > 0 ? `${count}${unit}` : '')).join('')}`;
}
