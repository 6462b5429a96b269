import { createClient } from 'redis';
import type { Logger } from '../telemetry/index.js';

const CONNECT_TIMEOUT_MS = 3_000;
const LONGEST_RECONNECT_MS = 2_000;
/** Commands that wait while the connection is gone; beyond it they fail at once, and the caller does without. */
const MAX_QUEUED_COMMANDS = 10_000;

function clientOf(url: string) {
  return createClient({
    url,
    commandsQueueMaxLength: MAX_QUEUED_COMMANDS,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: (attempt: number) => Math.min(50 * 2 ** attempt, LONGEST_RECONNECT_MS),
    },
  });
}

/** A connected client; it reconnects by itself. */
export type RedisClient = ReturnType<typeof clientOf>;

/** Redis holds live state, rate limits and fan-out only, never the truth: connected at first use, and may be away. */
export interface LazyRedis {
  /** The connected client; throws when the service was given no Redis. */
  (): Promise<RedisClient>;
  close(): Promise<void>;
}

/** A connection that is opened when it is first asked for. */
export function lazyRedis(url: string | undefined, log: Logger): LazyRedis {
  let opened: Promise<RedisClient> | undefined;
  const open = async (): Promise<RedisClient> => {
    if (!url) throw new Error('this service has no GRIDPACT_REDIS_URL');
    const client = clientOf(url);
    client.on('error', (error: Error) => log.warn({ err: error }, 'redis connection failed'));
    await client.connect();
    return client;
  };
  const connect = (): Promise<RedisClient> =>
    open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
  const close = async (): Promise<void> => {
    const client = await opened?.catch(() => undefined);
    client?.destroy();
  };
  return Object.assign(() => (opened ??= connect()), { close });
}
