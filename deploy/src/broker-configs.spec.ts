import { pbkdf2Sync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { kafkaProperties, mosquittoConfig, mosquittoPasswords, redisUsers } from './broker-configs.ts';
import { describeStack, GATEWAYS, passwordFrom } from './stack.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'gridpact-'));
afterAll(() => rmSync(stateDir, { recursive: true }));
const stack = describeStack('test', 7500, 'native', stateDir);
const placement = { bind: '127.0.0.1', folder: '/state' };

describe('every server demands a password', () => {
  it('Kafka on every listener', () => {
    const [protocols] =
      /listener\.security\.protocol\.map=(.*)/.exec(kafkaProperties(stack, placement))?.slice(1) ?? [];

    expect(protocols?.split(',').every((entry) => entry.endsWith(':SASL_PLAINTEXT'))).toBe(true);
  });

  it('Redis, whose default user is off', () => {
    expect(redisUsers(stack)).toContain('user default off\n');
  });

  it('mosquitto, without anonymous access', () => {
    expect(mosquittoConfig(stack, placement)).toContain('allow_anonymous false\n');
  });
});

it('no password stands in clear in the files of Redis and mosquitto', () => {
  const text = redisUsers(stack) + mosquittoPasswords(stack);
  const passwords = [...Object.values(stack.redis.users), ...Object.values(stack.mqtt.users)];

  expect(passwords.filter((password) => text.includes(password))).toEqual([]);
});

it('mosquitto can check the password of each gateway', () => {
  const lines = mosquittoPasswords(stack).trim().split('\n');

  for (const gateway of GATEWAYS) {
    const [, , rounds, salt, hash] = lines.find((line) => line.startsWith(`${gateway}:`))?.split('$') ?? [];
    const password = passwordFrom(stack.mqtt.users, gateway);
    const expected = pbkdf2Sync(password, Buffer.from(salt ?? '', 'base64'), Number(rounds), 64, 'sha512');
    expect(hash).toBe(expected.toString('base64'));
  }
});

it('no two users share a password, and a second run gives the same ones', () => {
  const { kafka, postgres, redis, mqtt } = stack;
  const all = [kafka, postgres, redis, mqtt].flatMap(({ users }) => Object.values(users));

  expect(new Set(all).size).toBe(all.length);
  expect(describeStack('test', 7500, 'native', stateDir)).toEqual(stack);
});
