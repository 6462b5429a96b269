import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { fromUtf8, formatTlogSize, MAX_ADD_CHECKPOINT_BYTES, TLOG_SIZE_TYPE, TlogError } from '@gridpact/tlog';
import type { AddCheckpointAnswer, Refused, Witness } from './witness.js';

/** Time to receive a whole request. */
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 512;
const VIEW_PATH = /^\/([0-9a-f]{64})\/checkpoint$/;

/** Statuses of tlog-witness, add-checkpoint. */
const STATUS: Readonly<Record<Refused['code'], number>> = {
  malformed: 400,
  not_signed: 403,
  unknown_log: 404,
  other_old_size: 409,
  inconsistent: 422,
};

/** One line of the witness's journal; never carries keys. */
export type Report = (event: string, fields: Readonly<Record<string, unknown>>) => void;

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly contentType?: string;
  readonly allow?: string;
}

/** The HTTP interface of a witness; not listening yet. */
export function witnessServer(witness: Witness, report: Report): Server {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    answerTo(request, witness, report)
      .catch((error: unknown) => failed(error, report))
      .then((answer) => send(response, answer))
      .catch((error: unknown) => report('response_lost', { error: String(error) }));
  });
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

async function answerTo(request: IncomingMessage, witness: Witness, report: Report): Promise<Answer> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const hash = VIEW_PATH.exec(path)?.[1];
  if (path === '/add-checkpoint')
    return request.method === 'POST' ? addCheckpoint(request, witness, report) : not('POST');
  if (request.method !== 'GET' && (hash !== undefined || path === '/health/ready')) return not('GET');
  if (path === '/health/ready') return { status: 200, body: 'ready\n' };
  const view = hash === undefined ? undefined : await witness.view(hash);
  return view === undefined ? { status: 404, body: 'nothing is here\n' } : { status: 200, body: view };
}

async function addCheckpoint(request: IncomingMessage, witness: Witness, report: Report): Promise<Answer> {
  const bytes = await bodyOf(request, MAX_ADD_CHECKPOINT_BYTES);
  if (!bytes) return { status: 413, body: `a request has at most ${MAX_ADD_CHECKPOINT_BYTES} bytes\n` };
  const body = textOf(bytes);
  if (body === undefined) return { status: 400, body: 'the request is not UTF-8\n' };
  return answerOf(await witness.addCheckpoint(body), report);
}

function answerOf(answer: AddCheckpointAnswer, report: Report): Answer {
  if (answer.ok) return { status: 200, body: answer.cosignatures };
  const { refused } = answer;
  report('refused', { code: refused.code, detail: refused.detail });
  if (refused.code === 'other_old_size') {
    return { status: STATUS[refused.code], body: formatTlogSize(refused.size), contentType: TLOG_SIZE_TYPE };
  }
  return { status: STATUS[refused.code], body: `${refused.detail}\n` };
}

/** The whole body; undefined when it is above the bound, which is then left unread. */
async function bodyOf(request: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  const stream: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > limitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch (error) {
    if (error instanceof TlogError) return undefined;
    throw error;
  }
}

function not(allow: string): Answer {
  return { status: 405, body: `only ${allow} is answered here\n`, allow };
}

function failed(error: unknown, report: Report): Answer {
  report('failed', { error: error instanceof Error ? error.message : String(error) });
  return { status: 500, body: 'the witness failed; it cosigned nothing\n' };
}

function send(response: ServerResponse, { status, body, contentType, allow }: Answer): void {
  response.writeHead(status, {
    'content-type': contentType ?? 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-cache',
    ...(allow === undefined ? {} : { allow }),
    ...(status === 413 ? { connection: 'close' } : {}),
  });
  response.end(body);
}
