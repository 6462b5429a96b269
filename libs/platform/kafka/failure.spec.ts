import kafkajs from 'kafkajs';
import { QueryFailedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { ProblemError } from '../http/fetch-json.js';
import { isTransient, RetryLater } from './failure.js';

const sqlError = (code: string) => Object.assign(new Error(`sql ${code}`), { code });

describe('a failure of the world', () => {
  it.each([
    ['a database that shuts down', sqlError('57P01')],
    ['a database that starts up', sqlError('57P03')],
    ['a broken connection by SQLSTATE', sqlError('08006')],
    ['too many connections', sqlError('53300')],
    ['a deadlock', sqlError('40P01')],
    ['a lost connection inside a query', new Error('Connection terminated unexpectedly')],
    ['a pool without a free connection', new Error('timeout exceeded when trying to connect')],
    ['a query through TypeORM', new QueryFailedError('SELECT 1', [], sqlError('57P01'))],
    ['a refused connection', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['both addresses refused', new AggregateError([Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })])],
    [
      'a peer away behind fetch',
      new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) }),
    ],
    ['a peer that is overloaded', new ProblemError(503, 'unavailable', '', 'http://peer')],
    ['a timeout', new DOMException('too slow', 'TimeoutError')],
    ['a broker that is away', new kafkajs.KafkaJSConnectionError('away')],
    [
      'retries of a broker used up',
      new kafkajs.KafkaJSNumberOfRetriesExceeded(new Error('x'), { retryCount: 5, retryTime: 1 }),
    ],
    ['a handler that says so', new RetryLater('not yet')],
  ])('is %s', (_, error) => {
    expect(isTransient(error)).toBe(true);
  });
});

describe('a failure of the message', () => {
  it.each([
    ['a broken constraint', sqlError('23505')],
    ['a value of the wrong form', new QueryFailedError('INSERT', [], sqlError('22P02'))],
    ['a missing table', sqlError('42P01')],
    ['a programming error', new TypeError('undefined is not a function')],
    ['a peer that refuses the content', new ProblemError(422, 'bad', '', 'http://peer')],
    ['something that is no error', 'text'],
  ])('is %s', (_, error) => {
    expect(isTransient(error)).toBe(false);
  });
});
