import { pbkdf2Sync, createHash } from 'node:crypto';
import { ADMIN, SERVICES, type Passwords, type Stack } from './stack.ts';

/** Where a server finds its files and whom it listens to; differs between a plain process and a container. */
export interface Placement {
  /** Address to bind: loopback for a process, all of them inside a container. */
  readonly bind: string;
  /** Folder of the server's files as the server sees it. */
  readonly folder: string;
}

/** server.properties of a KRaft node that is broker and controller; every listener demands SASL/PLAIN, no right is implied. */
export function kafkaProperties(stack: Stack, { bind, folder }: Placement): string {
  const { kafka, kafkaController } = stack.ports;
  return lines(
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${kafkaController}`,
    `listeners=CLIENT://${bind}:${kafka},CONTROLLER://127.0.0.1:${kafkaController}`,
    `advertised.listeners=CLIENT://127.0.0.1:${kafka}`,
    'inter.broker.listener.name=CLIENT',
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT',
    'sasl.enabled.mechanisms=PLAIN',
    'sasl.mechanism.inter.broker.protocol=PLAIN',
    'sasl.mechanism.controller.protocol=PLAIN',
    `listener.name.client.plain.sasl.jaas.config=${jaas(stack.kafka.users)}`,
    `listener.name.controller.plain.sasl.jaas.config=${jaas(stack.kafka.users)}`,
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    `super.users=User:${ADMIN};User:broker`,
    'allow.everyone.if.no.acl.found=false',
    'auto.create.topics.enable=false',
    ...ONE_NODE,
    `log.dirs=${folder}/data`,
  );
}

/** One node needs no copies; after a crash it waits out its own session, which is therefore short. */
const ONE_NODE = [
  'broker.session.timeout.ms=4000',
  'broker.heartbeat.interval.ms=500',
  'offsets.topic.replication.factor=1',
  'offsets.topic.num.partitions=10',
  'transaction.state.log.replication.factor=1',
  'transaction.state.log.min.isr=1',
  'transaction.state.log.num.partitions=10',
  'share.coordinator.state.topic.replication.factor=1',
  'share.coordinator.state.topic.min.isr=1',
  'group.initial.rebalance.delay.ms=0',
  'num.network.threads=2',
  'num.io.threads=4',
];

function jaas(users: Passwords): string {
  const known = Object.entries(users).map(([user, password]) => `user_${user}="${password}"`);
  const own = `username="broker" password="${users['broker']}"`;
  return `org.apache.kafka.common.security.plain.PlainLoginModule required ${own} ${known.join(' ')};`;
}

/** redis.conf: nothing is kept on disk, since Redis may be flushed at any time without loss. */
export function redisConfig(stack: Stack, { bind, folder }: Placement): string {
  return lines(
    `bind ${bind}`,
    `port ${stack.redis.port}`,
    'save ""',
    'appendonly no',
    `dir ${folder}`,
    `aclfile ${folder}/users.acl`,
    'maxmemory 256mb',
    'maxmemory-policy noeviction',
  );
}

/** Live state that ingest writes and other services may read. */
export const LIVE_STATE_PREFIX = 'ingest:live:';

const READS_LIVE_STATE: readonly string[] = ['aggregator', 'dispatcher', 'mobile-api'];

/** users.acl: each service reaches keys and channels under its own name only, and no administrative command. */
export function redisUsers(stack: Stack): string {
  const services = SERVICES.map((service) => {
    const live = READS_LIVE_STATE.includes(service) ? ` %R~${LIVE_STATE_PREFIX}* &${LIVE_STATE_PREFIX}*` : '';
    const password = sha256(stack.redis.users[service] ?? '');
    return `user ${service} on #${password} ~${service}:* &${service}:*${live} +@all -@admin -@dangerous`;
  });
  return lines(
    'user default off',
    `user ${ADMIN} on #${sha256(stack.redis.users[ADMIN] ?? '')} ~* &* +@all`,
    ...services,
  );
}

/** mosquitto.conf: queues are not cut short, since a frame counts only once ingest acknowledged it. */
export function mosquittoConfig(stack: Stack, { bind, folder }: Placement, user?: string): string {
  return lines(
    `listener ${stack.ports.mqtt} ${bind}`,
    'allow_anonymous false',
    `password_file ${folder}/passwords`,
    `acl_file ${folder}/rights.acl`,
    'persistence true',
    `persistence_location ${folder}/data/`,
    'max_queued_messages 0',
    'max_inflight_messages 0',
    'message_size_limit 262144',
    'log_dest stderr',
    'log_type error',
    'log_type warning',
    ...(user ? [`user ${user}`] : []),
  );
}

/** Rights in MQTT: a gateway reaches its own branch only. */
export function mosquittoRights(): string {
  return lines(
    'pattern readwrite gridpact/v1/%u/#',
    '',
    'user ingest',
    'topic read gridpact/v1/+/frames',
    'topic write gridpact/v1/+/acks',
    '',
    'user dispatcher',
    'topic write gridpact/v1/+/dispatch',
  );
}

const HASH_ROUNDS = 101;
const HASH_BYTES = 64;
const SALT_BYTES = 12;

/** password_file of mosquitto 2: PBKDF2-HMAC-SHA512, `$7$rounds$salt$hash`. The salt comes from the name, so that a re-run changes nothing. */
export function mosquittoPasswords(stack: Stack): string {
  return lines(
    ...Object.entries(stack.mqtt.users).map(([user, password]) => `${user}:${mosquittoHash(user, password)}`),
  );
}

function mosquittoHash(user: string, password: string): string {
  const salt = createHash('sha256').update(`${user}/${password}`).digest().subarray(0, SALT_BYTES);
  const hash = pbkdf2Sync(password, salt, HASH_ROUNDS, HASH_BYTES, 'sha512');
  return `$7$${HASH_ROUNDS}$${salt.toString('base64')}$${hash.toString('base64')}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function lines(...all: string[]): string {
  return `${all.join('\n')}\n`;
}
