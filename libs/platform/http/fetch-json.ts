import type { z } from 'zod';
import { traceHeaders } from '../telemetry/index.js';
import { problemBody } from './problem.js';

/** Longest wait for a peer's whole answer unless the caller says otherwise. */
const DEFAULT_TIMEOUT_MS = 10_000;
/** Largest answer that is read. */
const MAX_RESPONSE_BYTES = 64 * 1_048_576;

export interface FetchOptions<S extends z.ZodType = z.ZodType> {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Bearer token. */
  readonly token?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Reads the answer; without it the answer is `unknown`. */
  readonly schema?: S;
  readonly idempotencyKey?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A peer answered with a problem, or with something that is no JSON; `code` is the peer's. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly url: string,
  ) {
    super(`${status} ${code} from ${url}: ${detail}`);
  }
}

/**
 * Asks a peer over HTTP, within the running trace. Throws {@link ProblemError} for any status of 400 and above, a TypeError
 * when the peer is away, a TimeoutError after `timeoutMs`, a ZodError when the answer does not fit its schema.
 */
export async function fetchJson<S extends z.ZodType>(
  url: string | URL,
  options: FetchOptions<S> = {},
): Promise<z.infer<S>> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const response = await fetch(url, {
    method: options.method ?? (options.body === undefined ? 'GET' : 'POST'),
    headers: headersOf(options),
    signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const text = await boundedText(response);
  if (!response.ok) throw problemErrorOf(response.status, text, String(url));
  const answer = text === '' ? undefined : parsedAnswer(response.status, text, String(url));
  return (options.schema ? options.schema.parse(answer) : answer) as z.infer<S>;
}

function headersOf(options: FetchOptions): Record<string, string> {
  return {
    accept: 'application/json',
    ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    ...(options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey }),
    ...traceHeaders(),
  };
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_RESPONSE_BYTES)
      throw new RangeError(`answer of ${response.url} is larger than ${MAX_RESPONSE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function problemErrorOf(status: number, text: string, url: string): ProblemError {
  const parsed = problemBody.safeParse(jsonOrNothing(text));
  const problem = parsed.success ? parsed.data : {};
  return new ProblemError(status, problem.code ?? `http_${status}`, problem.detail ?? problem.title ?? '', url);
}

function parsedAnswer(status: number, text: string, url: string): unknown {
  const answer = jsonOrNothing(text);
  if (answer === undefined) throw new ProblemError(status, 'not_json', 'the answer is not JSON', url);
  return answer;
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
