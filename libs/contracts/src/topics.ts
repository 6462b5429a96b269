import { z } from 'zod';
import { aggregatorTopics } from './aggregator.js';
import { dispatcherTopics } from './dispatcher.js';
import { ingestTopics } from './ingest.js';
import { ledgerTopics } from './ledger.js';
import { settlementTopics } from './settlement.js';
import { topic, type Topic } from './topic.js';

/** Services of the platform that talk through Kafka. */
export const SERVICES = [
  'ledger',
  'identity',
  'dispatcher',
  'aggregator',
  'ingest',
  'settlement',
  'mobile-api',
] as const;
export type ServiceName = (typeof SERVICES)[number];

/** What a service could not handle, as it came, with the reason in the headers; for an operator to read and replay. */
export const deadLetter = z.unknown();

/** Name of a service's dead-letter topic. */
export function deadLetterTopicName(service: string): string {
  return `${service}.dead-letter.v1`;
}

const deadLetterTopics = SERVICES.map((service) =>
  topic({
    name: deadLetterTopicName(service),
    summary: `What ${service} could not handle`,
    key: 'key of the original message',
    partitions: 1,
    schema: deadLetter,
  }),
);

/** Every topic of the platform, once; AsyncAPI and provisioning are made from it. */
export const topics = {
  ...ledgerTopics,
  ...dispatcherTopics,
  ...aggregatorTopics,
  ...ingestTopics,
  ...settlementTopics,
};

/** All topics with the dead-letter topics. */
export const ALL_TOPICS: readonly Topic[] = [...Object.values(topics), ...deadLetterTopics];

/** Which service produces and which consume a topic; rights in the broker are granted by this table. */
export const TOPIC_RIGHTS: Readonly<Record<ServiceName, { produces: readonly string[]; consumes: readonly string[] }>> =
  {
    ledger: {
      produces: [topics.receipt.name, topics.refusal.name, topics.submission.name],
      consumes: [topics.submission.name, topics.clock.name],
    },
    identity: {
      produces: [topics.submission.name],
      consumes: [topics.receipt.name, topics.refusal.name, topics.clock.name],
    },
    dispatcher: {
      produces: [...Object.values(dispatcherTopics).map((declared) => declared.name), topics.submission.name],
      consumes: [
        topics.nomination.name,
        topics.confirmation.name,
        topics.enrolment.name,
        topics.receipt.name,
        topics.refusal.name,
        topics.commitment.name,
        topics.result.name,
        topics.clock.name,
      ],
    },
    aggregator: {
      produces: [...Object.values(aggregatorTopics).map((declared) => declared.name), topics.submission.name],
      consumes: [
        topics.event.name,
        topics.nominationDecision.name,
        topics.award.name,
        topics.dispatch.name,
        topics.receipt.name,
        topics.refusal.name,
        topics.result.name,
        topics.clock.name,
      ],
    },
    ingest: {
      produces: [...Object.values(ingestTopics).map((declared) => declared.name), topics.submission.name],
      consumes: [
        topics.frame.name,
        topics.enrolment.name,
        topics.event.name,
        topics.receipt.name,
        topics.refusal.name,
        topics.clock.name,
      ],
    },
    settlement: {
      produces: [topics.result.name, topics.submission.name],
      consumes: [
        topics.event.name,
        topics.commitment.name,
        topics.confirmation.name,
        topics.enrolment.name,
        topics.outage.name,
        topics.receipt.name,
        topics.refusal.name,
        topics.clock.name,
      ],
    },
    'mobile-api': { produces: [], consumes: [topics.clock.name] },
  };

/** The topic of a name; throws when there is none, since names come from this file only. */
export function topicByName(name: string): Topic {
  const found = ALL_TOPICS.find((declared) => declared.name === name);
  if (!found) throw new Error(`no topic is named ${name}`);
  return found;
}
