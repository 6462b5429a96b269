import { pino, stdTimeFunctions, type Logger } from 'pino';
import { currentTraceId } from './trace.js';

export type { Logger } from 'pino';

/** Members that may hold a secret; pino writes `[hidden]` instead, whatever object carries them. */
const SECRET_MEMBERS = ['token', 'password', 'secret', 'authorization', 'privateKey', 'access_token', 'client_secret'];
const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'];

/** Structured log of a service: JSON lines on stdout with `service`, and `trace_id` while a trace is active. */
export function logger(service: string): Logger {
  const level = process.env['GRIDPACT_LOG_LEVEL'] ?? 'info';
  return pino({
    level: LEVELS.includes(level) ? level : 'info',
    base: { service },
    timestamp: stdTimeFunctions.isoTime,
    messageKey: 'message',
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRET_MEMBERS.flatMap((name) => [name, `*.${name}`]), censor: '[hidden]' },
    serializers: { err: loggedError },
    mixin: () => traceMember(),
  });
}

function traceMember(): Record<string, string> {
  const traceId = currentTraceId();
  return traceId ? { trace_id: traceId } : {};
}

/** Causes of an error that are logged with it. */
const MAX_CAUSES = 4;

/** Type, message, code and stack, and those of its causes; drivers hang connections, parameters and rows on the rest. */
function loggedError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause = error.cause === undefined || depth === MAX_CAUSES ? {} : { cause: loggedError(error.cause, depth + 1) };
  return { type: error.name, text: error.message, ...code, stack: error.stack, ...cause };
}
