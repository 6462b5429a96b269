import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { SERVICE_CONFIG } from '@gridpact/platform/app';
import { ProblemError, fetchJson } from '@gridpact/platform/http';
import { traceHeaders } from '@gridpact/platform/telemetry';
import { z } from 'zod';
import type { MobileApiConfig } from './config.js';
import { passedOn } from './upstream-away.js';

/** Longest wait for an owner's answer: a phone is waiting too. */
const TIMEOUT_MS = 8_000;
/** A dossier is cut on demand; whoever waits for it has time. */
const DOSSIER_TIMEOUT_MS = 120_000;
/** More than any problem has. */
const MAX_PROBLEM_CHARACTERS = 20_000;
/** Twice what a policy may have in the log's genesis. */
const MAX_TEXT_CHARACTERS = 16_000;

const problem = z.object({ code: z.string(), detail: z.string().default('') });

/** Owners of what phones see and do. */
export type Owner = 'identity' | 'aggregator' | 'settlement' | 'ledger';

/** One question to an owner, with the user's own token: the owner decides what this user may. */
export interface Question {
  readonly owner: Owner;
  /** From `/v1/` on. */
  readonly path: string;
  readonly token?: string;
  /** Makes it a POST. */
  readonly body?: unknown;
  readonly idempotencyKey?: string | undefined;
}

/** A file as its owner streams it. */
export interface StreamedFile {
  readonly content: Readable;
  readonly type: string;
  readonly disposition: string;
}

/** Asks owners. What they refuse passes through with its code and status; an owner that is away throws `UpstreamAway`. */
@Injectable()
export class Upstream {
  constructor(@Inject(SERVICE_CONFIG) private readonly config: MobileApiConfig) {}

  async ask({ owner, path, token, body, idempotencyKey }: Question): Promise<unknown> {
    try {
      return await fetchJson(this.urlOf(owner, path), {
        timeoutMs: TIMEOUT_MS,
        ...(token !== undefined && { token }),
        ...(body !== undefined && { body }),
        ...(idempotencyKey !== undefined && { idempotencyKey }),
      });
    } catch (error) {
      throw passedOn(owner, error);
    }
  }

  /** A short text, such as the policy of the log. */
  async text({ owner, path }: Question): Promise<string> {
    const answer = await this.fetched({ owner, path }, AbortSignal.timeout(TIMEOUT_MS));
    const text = await answer.text().catch((error: unknown) => {
      throw passedOn(owner, error);
    });
    if (text.length > MAX_TEXT_CHARACTERS) throw passedOn(owner, new RangeError(`${path} is too long`));
    return text;
  }

  /** Streams a file through; `signal` ends it when the phone goes away. */
  async stream(question: Question, signal: AbortSignal): Promise<StreamedFile> {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(DOSSIER_TIMEOUT_MS)]);
    const { body, headers } = await this.fetched(question, bound);
    return {
      content: body ? Readable.fromWeb(body) : Readable.from([]),
      type: headers.get('content-type') ?? 'application/octet-stream',
      disposition: headers.get('content-disposition') ?? 'attachment',
    };
  }

  private async fetched({ owner, path, token }: Question, signal: AbortSignal): Promise<Response> {
    const headers = { ...traceHeaders(), ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(this.urlOf(owner, path), { headers, signal }).catch((error: unknown) => {
      throw passedOn(owner, error);
    });
    if (!answer.ok) throw passedOn(owner, await problemOfAnswer(answer));
    return answer;
  }

  private urlOf(owner: Owner, path: string): URL {
    return new URL(path, this.baseUrls()[owner]);
  }

  private baseUrls(): Readonly<Record<Owner, string>> {
    return {
      identity: this.config.GRIDPACT_IDENTITY_URL,
      aggregator: this.config.GRIDPACT_AGGREGATOR_URL,
      settlement: this.config.GRIDPACT_SETTLEMENT_URL,
      ledger: this.config.GRIDPACT_LEDGER_URL,
    };
  }
}

async function problemOfAnswer(answer: Response): Promise<ProblemError> {
  const text = (await answer.text()).slice(0, MAX_PROBLEM_CHARACTERS);
  const { code, detail } = problem.safeParse(jsonOrNothing(text)).data ?? { code: `http_${answer.status}`, detail: '' };
  return new ProblemError(answer.status, code, detail, answer.url);
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
