import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** Every metric of this process; `/metrics` writes it in Prometheus' text form. Apps register theirs here. */
export const metrics = new Registry();

collectDefaultMetrics({ register: metrics });

/** Time from a request's first byte to its answer, seconds, by method, route and status. */
export const httpDuration = new Histogram({
  name: 'gridpact_http_request_duration_seconds',
  help: 'Time to answer an HTTP request',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers: [metrics],
});

/** Kafka messages by what became of them: handled, dead_lettered, or failed (and to be tried again). */
export const kafkaMessages = new Counter({
  name: 'gridpact_kafka_messages_total',
  help: 'Kafka messages by topic and outcome',
  labelNames: ['topic', 'outcome'] as const,
  registers: [metrics],
});

/** Messages of a partition that this consumer has yet to handle, as of its last batch. */
export const kafkaLag = new Gauge({
  name: 'gridpact_kafka_consumer_lag',
  help: 'Messages behind the end of the partition',
  labelNames: ['topic', 'partition'] as const,
  registers: [metrics],
});

/** Time that a handler took for one batch, seconds. */
export const kafkaHandleDuration = new Histogram({
  name: 'gridpact_kafka_handle_duration_seconds',
  help: 'Time to handle one batch of Kafka messages',
  labelNames: ['topic'] as const,
  buckets: [0.002, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
  registers: [metrics],
});

/** Outbox rows relayed to Kafka. */
export const outboxPublished = new Counter({
  name: 'gridpact_outbox_published_total',
  help: 'Outbox messages relayed to Kafka',
  labelNames: ['topic'] as const,
  registers: [metrics],
});
