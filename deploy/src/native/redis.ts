import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { redisConfig, redisUsers } from '../broker-configs.ts';
import type { DaemonSpec } from '../daemon.ts';
import type { Stack } from '../stack.ts';
import { writeWhole } from '../state-folder.ts';
import { answersLine } from '../tcp-probe.ts';
import { findOrUnpack } from './debian.ts';

const READY_TIMEOUT_MS = 10_000;

/** A Redis as a plain process. It renames itself, so it is known by its address. */
export async function redisDaemon(stack: Stack): Promise<DaemonSpec> {
  const folder = join(stack.stateDir, 'redis');
  const program = await findOrUnpack('redis-server', 'redis-server');
  mkdirSync(folder, { recursive: true });
  const config = redisConfig(stack, { bind: stack.redis.host, folder });
  writeWhole(join(folder, 'users.acl'), redisUsers(stack));
  writeWhole(join(folder, 'redis.conf'), config);
  return {
    name: 'redis',
    command: program.path,
    args: [join(folder, 'redis.conf')],
    env: { ...process.env, ...program.env },
    recognise: `${stack.redis.host}:${stack.redis.port}`,
    version: config + redisUsers(stack),
    stopSignal: 'SIGTERM',
    ready: () => answersLine(stack.redis, 'PING\r\n', '-NOAUTH'),
    readyTimeoutMs: READY_TIMEOUT_MS,
  };
}
