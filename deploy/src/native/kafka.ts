import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { kafkaProperties } from '../broker-configs.ts';
import type { DaemonSpec } from '../daemon.ts';
import { withKafkaAdmin } from '../kafka-rights.ts';
import { run } from '../run-command.ts';
import type { Stack } from '../stack.ts';
import { writeWhole } from '../state-folder.ts';
import { javaProgram, kafkaJars } from './kafka-jars.ts';

const READY_TIMEOUT_MS = 60_000;
const LOG_CONFIG = `status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1} %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
`;

/** A Kafka node as a plain process; its storage is formatted on the first start. */
export async function kafkaDaemon(stack: Stack): Promise<DaemonSpec> {
  const folder = join(stack.stateDir, 'kafka');
  const log = join(stack.stateDir, 'logs', 'kafka-install.log');
  const java = await javaProgram(log);
  const classes = join(await kafkaJars(log), '*');
  const properties = join(folder, 'server.properties');
  const config = kafkaProperties(stack, { bind: '127.0.0.1', folder });
  writeWhole(properties, config);
  writeWhole(join(folder, 'log4j2.properties'), LOG_CONFIG);
  const jvm = [`-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`, '-cp', classes];
  await format(java, jvm, folder, properties, clusterId(stack));
  return {
    name: 'kafka',
    command: java,
    args: [
      '-Xms128m',
      '-Xmx512m',
      '-XX:+UseSerialGC',
      '-XX:+ExitOnOutOfMemoryError',
      ...jvm,
      'kafka.Kafka',
      properties,
    ],
    env: process.env,
    recognise: `kafka.Kafka ${properties}`,
    version: config,
    stopSignal: 'SIGTERM',
    ready: () => withKafkaAdmin(stack, () => Promise.resolve(true)).catch(() => false),
    readyTimeoutMs: READY_TIMEOUT_MS,
  };
}

async function format(java: string, jvm: string[], folder: string, properties: string, id: string): Promise<void> {
  if (existsSync(join(folder, 'data', 'meta.properties'))) return;
  mkdirSync(folder, { recursive: true });
  const log = join(folder, 'format.log');
  await run(java, [...jvm, 'kafka.tools.StorageTool', 'format', '-g', '-t', id, '-c', properties], { log });
}

const CLUSTER_ID_BYTES = 16;

function clusterId(stack: Stack): string {
  const digest = createHash('sha256').update(`cluster/${stack.kafka.users['broker']}`).digest();
  return digest.subarray(0, CLUSTER_ID_BYTES).toString('base64url').replace(/^-/, 'A');
}
