import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { fromBase64Url, toBase64Url } from '@gridpact/tlog';
import { z } from 'zod';
import type { PartySigner, SigningRequest } from './signer.js';

/** Longest request: the largest signing input in base64url, and a sealed body of the same order beside it. */
const MAX_REQUEST_BYTES = 524_288;
/** Time to receive a whole request. */
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 128;

const PROBLEM_STATUS: Readonly<Record<string, number>> = {
  bad_request: 400,
  unauthorized: 401,
  not_found: 404,
  unknown_use: 404,
  method_not_allowed: 405,
  too_large: 413,
  signer_failed: 500,
};
/** Status of a refusal by the signing rules. */
const REFUSED_STATUS = 422;

const signingRequest = z.strictObject({
  use: z.string().max(40),
  signingInput: z.string().transform((text, context) => {
    try {
      return fromBase64Url(text);
    } catch {
      context.addIssue('not base64url');
      return z.NEVER;
    }
  }),
  opening: z.strictObject({ salt: z.string().max(100), body: z.unknown() }).optional(),
});

/** One line of the signer's journal; never carries keys, tokens or bodies. */
export type Report = (event: string, fields: Readonly<Record<string, unknown>>) => void;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The HTTP interface of a signer; not listening yet. */
export function signerServer(signer: PartySigner, token: string, report: Report): Server {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    answerTo(request, signer, token)
      .catch((error: unknown) => failed(error, report))
      .then((answer) => send(response, answer))
      .catch((error: unknown) => report('response_lost', { error: String(error) }));
  });
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

async function answerTo(request: IncomingMessage, signer: PartySigner, token: string): Promise<Answer> {
  const call = `${request.method} ${(request.url ?? '').split('?')[0]}`;
  if (call === 'GET /health/ready') return { status: 200, body: { status: 'ready' } };
  if (!isAuthorized(request, token)) return problem('unauthorized', 'the bearer token is missing or wrong');
  if (call === 'GET /v1/keys') return { status: 200, body: signer.keys() };
  if (call === 'POST /v1/signatures') return sign(request, signer);
  const known = /^\/(v1\/(keys|signatures)|health\/ready)$/.test(call.split(' ')[1] ?? '');
  return known ? problem('method_not_allowed', 'not with this method') : problem('not_found', 'nothing is here');
}

async function sign(request: IncomingMessage, signer: PartySigner): Promise<Answer> {
  const bytes = await bodyOf(request);
  if (!bytes) return problem('too_large', `a request has at most ${MAX_REQUEST_BYTES} bytes`);
  const parsed = requestOf(bytes);
  if (!parsed) return problem('bad_request', 'the request is not {use, signingInput: base64url, opening?}');
  const signed = await signer.sign(parsed);
  if (!signed.ok) return problem(signed.refusal.code, signed.refusal.detail);
  return { status: 200, body: { kid: signed.value.kid, signature: toBase64Url(signed.value.signature) } };
}

function requestOf(bytes: Buffer): SigningRequest | undefined {
  try {
    const parsed = signingRequest.safeParse(JSON.parse(bytes.toString('utf8')));
    return parsed.success ? { ...parsed.data, opening: parsed.data.opening } : undefined;
  } catch {
    return undefined;
  }
}

/** The whole body; undefined when it is above the bound, the rest of which is then left unread. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  const stream: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > MAX_REQUEST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Compares hashes, so that the time taken tells neither the token's bytes nor its length. */
function isAuthorized(request: IncomingMessage, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`));
}

function problem(code: string, detail: string): Answer {
  const status = PROBLEM_STATUS[code] ?? REFUSED_STATUS;
  const type = `https://gridpact.dev/problems/${code}`;
  return { status, body: { type, title: code.replaceAll('_', ' '), status, detail, code } };
}

function failed(error: unknown, report: Report): Answer {
  report('failed', { error: error instanceof Error ? error.message : String(error) });
  return problem('signer_failed', 'the signer failed; it signed nothing');
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': status >= 400 ? 'application/problem+json' : 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(status === PROBLEM_STATUS['too_large'] ? { connection: 'close' } : {}),
    ...(status === PROBLEM_STATUS['unauthorized'] ? { 'www-authenticate': 'Bearer' } : {}),
  });
  response.end(text);
}
