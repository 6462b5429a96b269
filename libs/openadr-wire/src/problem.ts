import { z } from 'zod';

/** Error body of every 4xx and 5xx answer but those of `/auth/token` (`problem`). */
export const oadrProblem = z.object({
  type: z.string().min(2).max(8000).optional(),
  title: z.string().optional(),
  status: z.int().min(100).max(599).optional(),
  detail: z.string().optional(),
  instance: z.string().min(3).max(8000).optional(),
});

export type OadrProblem = z.infer<typeof oadrProblem>;
