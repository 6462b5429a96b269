export { lazyRedis, type LazyRedis, type RedisClient } from './lazy-redis.js';
