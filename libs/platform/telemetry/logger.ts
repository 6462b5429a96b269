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
    mixin: () => traceMember(),
  });
}

function traceMember(): Record<string, string> {
  const traceId = currentTraceId();
  return traceId ? { trace_id: traceId } : {};
}
