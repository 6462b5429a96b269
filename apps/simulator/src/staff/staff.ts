import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { machineInstant } from '@gridpact/kernel';
import { AccessTokens, IssuerKeys } from '@gridpact/platform/auth';
import { ProblemError, fetchJson } from '@gridpact/platform/http';
import { z } from 'zod';

/** How long a request is repeated while a service is away or starting, and the pause between two tries. */
const PATIENCE_MS = 90_000;
const PAUSE_MS = 300;

const clients = z.array(z.object({ id: z.string(), secret: z.string() }));

/** Someone at a desk: an account of a party that asks services by their HTTP interfaces. */
export class Staff {
  private readonly tokens: AccessTokens;

  private constructor(issuer: string, id: string, secret: string) {
    const config = { GRIDPACT_CLIENT_ID: id, GRIDPACT_CLIENT_SECRET: secret };
    this.tokens = new AccessTokens(new IssuerKeys(issuer), config, { now: () => machineInstant(Date.now()) });
  }

  /** Opens the account `id` of a party with the secret in that party's folder. */
  static of(issuer: string, partiesDir: string, party: string, id: string): Staff {
    const file = join(partiesDir, party, 'clients.json');
    const account = clients.parse(JSON.parse(readFileSync(file, 'utf8'))).find((client) => client.id === id);
    if (!account) throw new Error(`${file} has no account ${id}`);
    return new Staff(issuer, account.id, account.secret);
  }

  /** An access token. */
  token(): Promise<string> {
    return this.tokens.token();
  }

  /** Reads; repeated while the service is away. */
  async read<S extends z.ZodType>(url: string, schema: S): Promise<z.infer<S>> {
    return patiently(async () => fetchJson(url, { token: await this.token(), schema }));
  }

  /** Reads a text such as a dossier; repeated while the service is away or not ready with it. */
  async readText(url: string): Promise<string> {
    return patiently(async () => {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${await this.token()}` } });
      const text = await answer.text();
      if (!answer.ok) throw new ProblemError(answer.status, codeOf(text), text.slice(0, 300), url);
      return text;
    });
  }

  /** Asks for a change, with one Idempotency-Key over all tries, so that however often it is sent it happens once. */
  async ask<S extends z.ZodType>(url: string, body: unknown, schema: S): Promise<z.infer<S>> {
    const idempotencyKey = randomUUID();
    return patiently(async () =>
      fetchJson(url, { token: await this.token(), body, schema, idempotencyKey, timeoutMs: 30_000 }),
    );
  }
}

/** Repeats a request while its service is away; a refusal is final at once. */
export async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let waited = 0; ; waited += PAUSE_MS) {
    try {
      return await attempt();
    } catch (error) {
      if (waited >= PATIENCE_MS || !isPassing(error)) throw error;
      await delay(PAUSE_MS);
    }
  }
}

/** Waits until a condition holds; throws, naming what it waited for, when it does not within its bound. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  for (let waited = 0; waited <= patienceMs; waited += PAUSE_MS) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await delay(PAUSE_MS);
  }
  throw new Error(`waited ${patienceMs / 1000} s in vain for ${what}`);
}

const PASSING_CODES = new Set(['idempotency_key_in_use', 'not_sealed_yet', 'unknown_key']);

function isPassing(error: unknown): boolean {
  if (error instanceof ProblemError)
    return error.status >= 500 || error.status === 429 || PASSING_CODES.has(error.code);
  return error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError');
}

function codeOf(text: string): string {
  try {
    return z.object({ code: z.string() }).parse(JSON.parse(text)).code;
  } catch {
    return 'http_error';
  }
}
