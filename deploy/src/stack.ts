import { PORT_OFFSETS } from './ports.ts';
import { passwordOf, profileFolder, profileSecret, type Profile } from './state-folder.ts';

/** Services with rights of their own in Kafka, PostgreSQL, Redis and MQTT. */
export const SERVICES = [
  'ledger',
  'identity',
  'dispatcher',
  'aggregator',
  'ingest',
  'settlement',
  'mobile-api',
] as const;
export type Service = (typeof SERVICES)[number];

/** Schemas of the database, each with an owner role for migrations and a runtime role without DDL. */
export const SCHEMAS = [...SERVICES.map(schemaOf), 'ledger_lock'] as const;

/** Gateways that may connect to the MQTT broker, `gw-01` to `gw-99`. */
export const GATEWAYS = Array.from({ length: 99 }, (_, index) => `gw-${String(index + 1).padStart(2, '0')}`);

/** Accounts of the parties' people; each party finds the secrets of its own in its folder. */
export const STAFF = [
  { id: 'operator', party: 'power-company', roles: ['operator'] },
  { id: 'approver', party: 'power-company', roles: ['approver'] },
  { id: 'aggregator-1-staff', party: 'aggregator-1', roles: ['aggregator'] },
  { id: 'aggregator-2-staff', party: 'aggregator-2', roles: ['aggregator'] },
  { id: 'aggregator-3-staff', party: 'aggregator-3', roles: ['aggregator'] },
  { id: 'regulator', party: 'regulator', roles: ['regulator'] },
] as const;

/** Superuser of Kafka, PostgreSQL and Redis; for provisioning and tests, no service knows its password. */
export const ADMIN = 'admin';

/** Where the services of one profile answer, and every user's password. Plain JSON. */
export interface Stack {
  readonly profile: Profile;
  readonly stateDir: string;
  readonly engine: 'native' | 'compose';
  readonly ports: { readonly base: number } & Readonly<Record<keyof typeof PORT_OFFSETS, number>>;
  readonly kafka: { readonly brokers: string; readonly users: Passwords };
  readonly postgres: {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly users: Passwords;
  };
  readonly redis: { readonly host: string; readonly port: number; readonly users: Passwords };
  readonly mqtt: { readonly url: string; readonly users: Passwords };
  /** Secrets of the OAuth clients of services and of the parties' staff. */
  readonly clients: Passwords;
}
export type Passwords = Readonly<Record<string, string>>;

const HOST = '127.0.0.1';

/** Describes the stack of a profile on a port base; says nothing about whether it runs. */
export function describeStack(
  profile: Profile,
  base: number,
  engine: Stack['engine'],
  stateDir = profileFolder(profile),
): Stack {
  const secret = profileSecret(stateDir);
  const passwords = (system: string, users: readonly string[]) =>
    Object.fromEntries(users.map((user) => [user, passwordOf(secret, system, user)]));
  const ports = { base, ...portsOn(base) };
  return {
    profile,
    stateDir,
    engine,
    ports,
    kafka: { brokers: `${HOST}:${ports.kafka}`, users: passwords('kafka', [ADMIN, 'broker', ...SERVICES]) },
    postgres: { host: HOST, port: ports.postgres, database: 'gridpact', users: passwords('postgres', databaseUsers()) },
    redis: { host: HOST, port: ports.redis, users: passwords('redis', [ADMIN, ...SERVICES]) },
    mqtt: { url: `mqtt://${HOST}:${ports.mqtt}`, users: passwords('mqtt', ['ingest', 'dispatcher', ...GATEWAYS]) },
    clients: passwords('oauth', [...SERVICES, ...STAFF.map(({ id }) => id)]),
  };
}

/** Schema, role prefix and so on of a service in PostgreSQL, where a hyphen would need quotes. */
export function schemaOf(service: string): string {
  return service.replaceAll('-', '_');
}

/** Role that owns a schema; only migrations use it. */
export function ownerOf(schema: string): string {
  return `${schema}_owner`;
}

/** Connection URL of one database role. */
export function postgresUrl(stack: Stack, role: string, database = stack.postgres.database): string {
  const { host, port, users } = stack.postgres;
  return `postgres://${role}:${passwordFrom(users, role)}@${host}:${port}/${database}`;
}

/** Connection URL of one Redis user. */
export function redisUrl(stack: Stack, user: string): string {
  const { host, port, users } = stack.redis;
  return `redis://${user}:${passwordFrom(users, user)}@${host}:${port}`;
}

/** The password of a user; throws when there is no such user. */
export function passwordFrom(users: Passwords, user: string): string {
  const password = users[user];
  if (password === undefined) throw new Error(`no user is named ${user}`);
  return password;
}

function databaseUsers(): string[] {
  return [ADMIN, ...SCHEMAS, ...SCHEMAS.map(ownerOf)];
}

function portsOn(base: number): Record<keyof typeof PORT_OFFSETS, number> {
  const { kafka, kafkaController, postgres, redis, mqtt } = PORT_OFFSETS;
  return {
    kafka: base + kafka,
    kafkaController: base + kafkaController,
    postgres: base + postgres,
    redis: base + redis,
    mqtt: base + mqtt,
  };
}
