import { setTimeout as delay } from 'node:timers/promises';
import { type Result, ok, refuse } from '@gridpact/kernel';
import { z } from 'zod';

/**
 * Tries of one request before the phone gives up for now; each sends the same bytes. Together they outlast a restart of
 * everything behind, and the minute for which a server keeps the key of a request that died with it.
 */
export const MAX_TRIES = 24;
/** Wait before the second try; doubles with each further one. */
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 5_000;
const TIMEOUT_MS = 15_000;
/** Answers that say "later": the server, or one behind it, is away or busy. */
const LATER = new Set([429, 502, 503, 504]);
/** Code of the refusal that says "later": an earlier try may still be at work. */
const KEY_IN_USE = 'idempotency_key_in_use';

/** No answer within {@link MAX_TRIES}: nothing is known about the effect, so the same bytes are to be sent again. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** The issuer does not know this phone: no token, and no sense in trying again. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
}

/** One request of a phone. */
export interface PhoneRequest {
  readonly method: 'GET' | 'POST';
  /** From `/mobile/v1/` on. */
  readonly path: string;
  readonly body?: unknown;
  /** Same key, same effect, however often it is sent. */
  readonly idempotencyKey?: string;
  /** Public routes take no token. */
  readonly isPublic?: boolean;
}

/** Where the phone's tokens come from; throws {@link TokenRefused}. `forget` drops one that the server no longer takes. */
export interface PhoneTokens {
  token(): Promise<string>;
  forget(): void;
}

const problem = z.object({ code: z.string().optional(), title: z.string().optional(), detail: z.string().optional() });

/** The phone's way to mobile-api: bounded tries with the same bytes, refusals as values with the server's code. */
export class MobileClient {
  constructor(
    private readonly url: string,
    private readonly tokens: PhoneTokens,
    private readonly pause: (ms: number) => Promise<unknown> = delay,
  ) {}

  async json<S extends z.ZodType>(request: PhoneRequest, schema: S): Promise<Result<z.infer<S>>> {
    const answer = await this.send(request);
    if (!answer.ok) return answer;
    const parsed = schema.safeParse(await answer.value.json());
    return parsed.success ? ok(parsed.data) : refuse('bad_answer', `${request.path}: ${z.prettifyError(parsed.error)}`);
  }

  async bytes(request: PhoneRequest): Promise<Result<Uint8Array>> {
    const answer = await this.send(request);
    return answer.ok ? ok(new Uint8Array(await answer.value.arrayBuffer())) : answer;
  }

  private async send(request: PhoneRequest): Promise<Result<Response>> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.once(request);
      if (answer instanceof Response && !(await isLater(answer))) return settled(answer);
      if (answer instanceof TokenRefused) return refuse('token_refused', answer.message);
      if (attempt === MAX_TRIES) throw new Unreachable(`${request.method} ${request.path}: ${reasonOf(answer)}`);
      await this.pause(Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1)));
    }
  }

  /** A token may have been withdrawn or its issuer's key changed: a 401 is tried once more with a fresh one. */
  private async once(request: PhoneRequest): Promise<Response | Error> {
    const answer = await this.fetched(request);
    if (!(answer instanceof Response) || answer.status !== 401 || request.isPublic) return answer;
    this.tokens.forget();
    return this.fetched(request);
  }

  private async fetched({ method, path, body, idempotencyKey, isPublic }: PhoneRequest): Promise<Response | Error> {
    try {
      const headers = {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        ...(!isPublic && { authorization: `Bearer ${await this.tokens.token()}` }),
      };
      const content = body === undefined ? {} : { body: JSON.stringify(body) };
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      return await fetch(new URL(path, this.url), { method, headers, signal, ...content });
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}

async function isLater(answer: Response): Promise<boolean> {
  if (answer.status !== 409) return LATER.has(answer.status);
  const parsed = problem.safeParse(
    await answer
      .clone()
      .json()
      .catch(() => ({})),
  );
  return parsed.success && parsed.data.code === KEY_IN_USE;
}

async function settled(answer: Response): Promise<Result<Response>> {
  if (answer.ok) return ok(answer);
  const parsed = problem.safeParse(await answer.json().catch(() => ({})));
  const { code, title, detail } = parsed.success ? parsed.data : {};
  return refuse(code ?? `http_${answer.status}`, detail ?? title ?? `the server answered ${answer.status}`);
}

function reasonOf(answer: Response | Error): string {
  return answer instanceof Response ? `the server answered ${answer.status}` : answer.message;
}
