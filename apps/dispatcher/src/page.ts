import { z } from 'zod';

/** Objects on one page at most. */
export const MAX_PAGE = 100;
const MAX_SKIP = 1_000_000;

const whole = z
  .string()
  .regex(/^\d{1,7}$/, 'a whole number')
  .transform(Number);

/** Query of every list: `skip` from 0, `limit` from 1 to 100 (50 when absent). */
export const page = z.strictObject({
  skip: whole.pipe(z.number().max(MAX_SKIP)).default(0),
  limit: whole.pipe(z.number().min(1).max(MAX_PAGE)).default(50),
});

export type Page = z.infer<typeof page>;
