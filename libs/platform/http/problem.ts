import { z } from 'zod';

/** Media type of problems (RFC 9457 section 3). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
const TYPE_PREFIX = 'https://gridpact.dev/problems/';

/** What is wrong with one member of a body: its path, dots between members, and a sentence. */
export interface ProblemIssue {
  readonly path: string;
  readonly message: string;
}

/** RFC 9457 problem; `code` is stable and for programs, `detail` for people. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly trace_id?: string;
  readonly issues?: readonly ProblemIssue[];
}

/** Problem of a code; its title is the code in words, so that it is the same for each occurrence (RFC 9457, 3.1.3). */
export function problemOf(
  status: number,
  code: string,
  detail: string,
  extra: Pick<Problem, 'issues' | 'trace_id'> = {},
): Problem {
  const words = code.replaceAll('_', ' ');
  const title = words.charAt(0).toUpperCase() + words.slice(1);
  return { type: `${TYPE_PREFIX}${code.replaceAll('_', '-')}`, title, status, detail, code, ...extra };
}

/** Reads a peer's problem; members that are missing or of another type are left to the caller's defaults. */
export const problemBody = z.looseObject({
  code: z.string().max(100).optional().catch(undefined),
  title: z.string().max(1_000).optional().catch(undefined),
  detail: z.string().max(10_000).optional().catch(undefined),
});
