import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type AclEntry, type Admin, type Kafka } from 'kafkajs';
import { ADMIN, passwordFrom, SERVICES, type Stack } from './stack.ts';
import { UnusableError } from './unusable-error.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, logLevel, ResourcePatternTypes } = kafkajs;
type Operation = AclEntry['operation'];

const LEADERS_TIMEOUT_MS = 30_000;
const LOOK_EVERY_MS = 200;

/** What provisioning needs to know of a topic; `@gridpact/contracts` declares them. */
export interface TopicDeclaration {
  readonly name: string;
  readonly partitions: number;
  readonly compacted: boolean;
}

/** All topics, and who produces and consumes which. */
export interface TopicTable {
  readonly topics: readonly TopicDeclaration[];
  readonly rights: Readonly<Record<string, { produces: readonly string[]; consumes: readonly string[] }>>;
}

/** Reads the table from the built contracts. */
export async function contractTopics(): Promise<TopicTable> {
  const contracts = await import('@gridpact/contracts').catch((error: unknown) => {
    const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    throw missing ? new UnusableError('libs/contracts is not built: run `npm run up` without --no-build.') : error;
  });
  return { topics: contracts.ALL_TOPICS, rights: contracts.TOPIC_RIGHTS };
}

/** Creates missing topics and grants each service what the table says and nothing else; stale grants are taken back. */
export async function ensureTopics(stack: Stack, table: TopicTable): Promise<void> {
  await withKafkaAdmin(stack, async (admin) => {
    const existing = await admin.listTopics();
    const missing = table.topics.filter(({ name }) => !existing.includes(name));
    if (missing.length > 0) await admin.createTopics({ topics: missing.map(topicConfig), waitForLeaders: false });
    await untilLed(
      admin,
      missing.map(({ name }) => name),
    );
    await grant(admin, rightsOf(table));
  });
}

/** Waits until topics have leaders; a busy broker may not know at first what it just created, and says so as an error. */
async function untilLed(admin: Admin, topics: string[]): Promise<void> {
  if (topics.length === 0) return;
  for (let waitedMs = 0; ; waitedMs += LOOK_EVERY_MS) {
    try {
      await admin.fetchTopicMetadata({ topics });
      return;
    } catch (error) {
      if (waitedMs >= LEADERS_TIMEOUT_MS) throw error;
      await sleep(LOOK_EVERY_MS);
    }
  }
}

/** The access list of the table: READ and WRITE by literal topic, groups by the service's name as prefix. */
export function rightsOf(table: TopicTable): AclEntry[] {
  return SERVICES.flatMap((service) => {
    const { produces, consumes } = table.rights[service] ?? { produces: [], consumes: [] };
    const written = new Set([...produces, `${service}.dead-letter.v1`]);
    return [
      ...[...written].map((topic) => topicRight(service, topic, AclOperationTypes.WRITE)),
      ...consumes.map((topic) => topicRight(service, topic, AclOperationTypes.READ)),
      groupRight(service),
    ];
  });
}

/** Runs `work` with an administrator's connection and closes it. */
export async function withKafkaAdmin<T>(stack: Stack, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafkaClient(stack, ADMIN).admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** A kafkajs client of one user, without retries of its own; quiet. */
export function kafkaClient(stack: Stack, user: string, password = passwordFrom(stack.kafka.users, user)): Kafka {
  return new kafkajs.Kafka({
    clientId: `gridpact-${user}`,
    brokers: [stack.kafka.brokers],
    sasl: { mechanism: 'plain', username: user, password },
    connectionTimeout: 2000,
    retry: { retries: 2, initialRetryTime: 100 },
    logLevel: logLevel.NOTHING,
  });
}

async function grant(admin: Admin, wanted: AclEntry[]): Promise<void> {
  const { resources } = await admin.describeAcls(EVERY_RIGHT);
  const present = resources.flatMap(({ acls, ...resource }) => acls.map((acl) => ({ ...resource, ...acl })));
  const keys = new Set(wanted.map(rightKey));
  const stale = present.filter((right) => !keys.has(rightKey(right)));
  if (stale.length > 0) await admin.deleteAcls({ filters: stale });
  const known = new Set(present.map(rightKey));
  const missing = wanted.filter((right) => !known.has(rightKey(right)));
  if (missing.length > 0) await admin.createAcls({ acl: missing });
}

const EVERY_RIGHT = {
  resourceType: AclResourceTypes.ANY,
  resourcePatternType: ResourcePatternTypes.ANY,
  operation: AclOperationTypes.ANY,
  permissionType: AclPermissionTypes.ANY,
};

function rightKey(
  right: Pick<AclEntry, 'principal' | 'resourceType' | 'resourceName' | 'operation' | 'resourcePatternType'>,
): string {
  return [right.principal, right.resourceType, right.resourcePatternType, right.resourceName, right.operation].join(
    ' ',
  );
}

function topicConfig({ name, partitions, compacted }: TopicDeclaration) {
  const configEntries = compacted ? [{ name: 'cleanup.policy', value: 'compact' }] : [];
  return { topic: name, numPartitions: partitions, replicationFactor: 1, configEntries };
}

function topicRight(service: string, topic: string, operation: Operation): AclEntry {
  return {
    ...allow(service, operation),
    resourceType: AclResourceTypes.TOPIC,
    resourceName: topic,
    resourcePatternType: ResourcePatternTypes.LITERAL,
  };
}

function groupRight(service: string): AclEntry {
  return {
    ...allow(service, AclOperationTypes.READ),
    resourceType: AclResourceTypes.GROUP,
    resourceName: service,
    resourcePatternType: ResourcePatternTypes.PREFIXED,
  };
}

function allow(service: string, operation: Operation) {
  return { principal: `User:${service}`, host: '*', operation, permissionType: AclPermissionTypes.ALLOW };
}
