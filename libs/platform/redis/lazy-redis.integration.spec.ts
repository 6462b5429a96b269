import { ADMIN, redisUrl } from '@gridpact/testing';
import { describe, expect, inject, it } from 'vitest';
import { logger } from '../telemetry/index.js';
import { lazyRedis } from './index.js';

const stack = inject('stack');
const log = logger('platform-test');
log.level = 'silent';

describe('a lazy Redis', () => {
  it('connects once, however many ask', async () => {
    const redis = lazyRedis(redisUrl(stack, ADMIN), log);
    const [first, second] = await Promise.all([redis(), redis()]);

    expect(first).toBe(second);
    expect(await first.ping()).toBe('PONG');
    await redis.close();
  });

  it('tells a service without one', async () => {
    await expect(lazyRedis(undefined, log)()).rejects.toThrow('GRIDPACT_REDIS_URL');
  });

  it('closes without ever having been opened', async () => {
    await expect(lazyRedis(redisUrl(stack, ADMIN), log).close()).resolves.toBeUndefined();
  });
});
