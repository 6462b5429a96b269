import kafkajs from 'kafkajs';
import { databaseFailure } from '../postgres/index.js';

// kafkajs is CommonJS, and Node cannot see these two as named exports.
const { KafkaJSError, KafkaJSNumberOfRetriesExceeded } = kafkajs;

/** Thrown by a handler that cannot do its work yet, such as when a peer is away: the batch comes again, unharmed. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
}

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EMFILE',
  'ENOSPC',
]);
const TRANSIENT_STATUSES = new Set([408, 425, 429, 502, 503, 504]);
const TRANSIENT_NAMES = new Set(['TimeoutError', 'AbortError']);
const MAX_CAUSES = 8;

/**
 * True when an error speaks of the world and not of the message: database, broker or peer away, out of connections or
 * disk, cancelled for time. Such a failure says nothing about a message, and never sends one to the dead-letter topic.
 */
export function isTransient(error: unknown): boolean {
  let current: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth += 1) {
    if (isTransientItself(current)) return true;
    current = causeOf(current);
  }
  return false;
}

function isTransientItself(error: Error): boolean {
  if (error instanceof RetryLater || error instanceof KafkaJSNumberOfRetriesExceeded) return true;
  if (error instanceof KafkaJSError) return error.retriable;
  return (
    databaseFailure(error) !== 'none' ||
    NETWORK_CODES.has(codeOf(error)) ||
    codeOf(error).startsWith('UND_ERR_') ||
    TRANSIENT_NAMES.has(error.name) ||
    ('status' in error && typeof error.status === 'number' && TRANSIENT_STATUSES.has(error.status))
  );
}

function causeOf(error: Error): unknown {
  if (error instanceof AggregateError) return error.errors[0];
  return error.cause ?? ('driverError' in error ? error.driverError : undefined);
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
