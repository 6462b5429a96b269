import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  kafkaProperties,
  mosquittoConfig,
  mosquittoPasswords,
  mosquittoRights,
  redisConfig,
  redisUsers,
} from '../broker-configs.ts';
import { databaseAnswers } from '../database-roles.ts';
import { withKafkaAdmin } from '../kafka-rights.ts';
import { findProgram, run } from '../run-command.ts';
import { ADMIN, passwordFrom, type Stack } from '../stack.ts';
import { CHECKOUT, writeWhole } from '../state-folder.ts';
import { FailedError } from '../unusable-error.ts';

// Unproven: type-checked and its files tested, but it has not yet run on a container engine.

/** The compose file of the four services. */
export const COMPOSE_FILE = join(CHECKOUT, 'deploy', 'compose.yaml');

const PROBE_TIMEOUT_MS = 3000;
const READY_TIMEOUT_MS = 120_000;
const READY_POLL_MS = 500;
const READABLE_IN_CONTAINER = 0o644;

/** Whether a container engine answers; set GRIDPACT_ENGINE=native to pass it over. */
export async function engineAnswers(): Promise<boolean> {
  if (process.env['GRIDPACT_ENGINE'] === 'native' || !findProgram('docker')) return false;
  const probe = promisify(execFile)('docker', ['info', '--format', '{{.ServerVersion}}'], {
    timeout: PROBE_TIMEOUT_MS,
  });
  return probe.then(() => true).catch(() => false);
}

/** Writes the services' configuration as the containers see it, and gives the variables of the compose file. */
export function composeEnvironment(stack: Stack): Record<string, string> {
  const folder = join(stack.stateDir, 'compose');
  const write = (name: string, text: string) => writeWhole(join(folder, name), text, READABLE_IN_CONTAINER);
  const everywhere = { bind: '0.0.0.0' };
  mkdirSync(folder, { recursive: true });
  write('kafka/server.properties', kafkaProperties(stack, { ...everywhere, folder: '/var/lib/kafka' }));
  write('redis/redis.conf', redisConfig(stack, { ...everywhere, folder: '/etc/gridpact' }));
  write('redis/users.acl', redisUsers(stack));
  write('mosquitto/mosquitto.conf', mosquittoConfig(stack, { ...everywhere, folder: '/mosquitto/gridpact' }));
  write('mosquitto/passwords', mosquittoPasswords(stack));
  write('mosquitto/rights.acl', mosquittoRights());
  return {
    GRIDPACT_COMPOSE_DIR: folder,
    GRIDPACT_KAFKA_PORT: String(stack.ports.kafka),
    GRIDPACT_POSTGRES_PORT: String(stack.ports.postgres),
    GRIDPACT_REDIS_PORT: String(stack.ports.redis),
    GRIDPACT_MQTT_PORT: String(stack.ports.mqtt),
    GRIDPACT_POSTGRES_PASSWORD: passwordFrom(stack.postgres.users, ADMIN),
  };
}

/** Starts the containers and waits until Kafka and PostgreSQL take the administrator's password. */
export async function composeUp(stack: Stack): Promise<void> {
  await compose(stack, 'up', '--detach', '--wait');
  const giveUpAt = performance.now() + READY_TIMEOUT_MS;
  while (!(await bothAnswer(stack))) {
    if (performance.now() > giveUpAt)
      throw new FailedError('The containers did not answer: see `docker compose logs`.');
    await sleep(READY_POLL_MS);
  }
}

/** Stops and removes the containers; their volumes stay. */
export function composeDown(stack: Stack): Promise<void> {
  return compose(stack, 'down');
}

async function bothAnswer(stack: Stack): Promise<boolean> {
  const kafka = withKafkaAdmin(stack, () => Promise.resolve(true)).catch(() => false);
  return (await kafka) && (await databaseAnswers(stack));
}

function compose(stack: Stack, ...args: string[]): Promise<void> {
  const project = `gridpact-${createHash('sha256').update(stack.stateDir).digest('hex').slice(0, 8)}`;
  const log = join(stack.stateDir, 'logs', 'compose.log');
  const env = { ...process.env, ...composeEnvironment(stack) };
  return run('docker', ['compose', '-p', project, '-f', COMPOSE_FILE, ...args], { log, env });
}
