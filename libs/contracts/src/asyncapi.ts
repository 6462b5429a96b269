import { z } from 'zod';
import type { Topic } from './topic.js';
import { ALL_TOPICS, TOPIC_RIGHTS } from './topics.js';

/** AsyncAPI 3.0 document of every topic, its message and who may send or receive it; generated, never edited. */
export function asyncApiDocument(version: string): Record<string, unknown> {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Gridpact messages',
      version,
      description:
        'Kafka topics of Gridpact. CloudEvents attributes travel in headers (ce-id, ce-type, ce-source, ce-time).',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(ALL_TOPICS.map((declared) => [channelId(declared), channelOf(declared)])),
    operations: Object.fromEntries(Object.keys(TOPIC_RIGHTS).flatMap(operationsOf)),
  };
}

function channelOf(declared: Topic): Record<string, unknown> {
  return {
    address: declared.name,
    description: `${declared.summary}. Key: ${declared.key}. Partitions: ${declared.partitions}${declared.compacted ? ', compacted' : ''}.`,
    messages: { message: { name: declared.name, payload: z.toJSONSchema(declared.schema, { target: 'draft-7' }) } },
  };
}

function operationsOf(service: string): [string, Record<string, unknown>][] {
  const rights = TOPIC_RIGHTS[service as keyof typeof TOPIC_RIGHTS];
  return [
    ...rights.produces.map((name) => operation(service, 'send', name)),
    ...rights.consumes.map((name) => operation(service, 'receive', name)),
  ];
}

function operation(service: string, action: 'send' | 'receive', name: string): [string, Record<string, unknown>] {
  return [
    `${service}-${action}-${name.replaceAll('.', '-')}`,
    { action, channel: { $ref: `#/channels/${name.replaceAll('.', '-')}` }, tags: [{ name: service }] },
  ];
}

function channelId(declared: Topic): string {
  return declared.name.replaceAll('.', '-');
}
