import { z } from 'zod';
import { MAX_TARGETS, objectID, shortText } from './fields.js';

/** Objects on one page at most; a larger `limit` is refused (specification: maximum 50). */
export const MAX_LIMIT = 50;
/** Furthest page start (the specification's int32). */
const MAX_SKIP = 2_147_483_647;

const wholeNumber = z
  .string()
  .regex(/^\d{1,10}$/, 'a whole number')
  .transform(Number);

/** One `targets=a` or several `targets=a&targets=b`; any of them matches. */
const targetsQuery = z
  .union([shortText.transform((one) => [one]), z.array(shortText).max(MAX_TARGETS)])
  .optional()
  .transform((list) => list ?? []);

/**
 * Query of every search: `skip` from 0, `limit` from 1 to 50 (50 when absent). The schema of the specification also
 * allows `limit=0`, which asks for nothing; it is refused, as the reference VTN's own tests demand.
 */
export const searchQuery = z.object({
  targets: targetsQuery,
  skip: wholeNumber.pipe(z.number().max(MAX_SKIP)).default(0),
  limit: wholeNumber.pipe(z.number().min(1).max(MAX_LIMIT)).default(MAX_LIMIT),
});

/** Query of `GET /events`: also by program, and `active=true` to leave out what has passed. */
export const eventSearchQuery = z.object({
  ...searchQuery.shape,
  programID: objectID.optional(),
  active: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
});

export type SearchQuery = z.infer<typeof searchQuery>;
export type EventSearchQuery = z.infer<typeof eventSearchQuery>;
