import type { Consumer, EachBatchPayload } from 'kafkajs';

/** Partitions whose handlers run side by side; bounds what is in flight, since nothing is fetched meanwhile. */
const CONCURRENT_PARTITIONS = 4;
/** A consumer that neither fetches, beats nor works for so long is stuck. */
const SILENCE_LIMIT_MS = 60_000;
const WATCH_INTERVAL_MS = 5_000;

/** What one consumer does between joining its group and its end. */
export interface ConsumerLife {
  readonly consumer: Consumer;
  readonly topics: readonly string[];
  readonly eachBatch: (payload: EachBatchPayload) => Promise<void>;
  readonly onJoin: () => void;
  readonly isWorking: () => boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs one consumer until the signal aborts; then intake stops and running handlers finish. Throws when it crashes or
 * falls silent. Either way it is disconnected afterwards, and never to be used again.
 */
export async function liveUntilStopped(life: ConsumerLife): Promise<void> {
  const { promise: end, resolve: stop, reject: fail } = Promise.withResolvers<void>();
  const watch = watchSilence(life, fail);
  life.consumer.on(life.consumer.events.CRASH, ({ payload }) => fail(payload.error));
  life.consumer.on(life.consumer.events.GROUP_JOIN, life.onJoin);
  life.signal.addEventListener('abort', () => stop(), { once: true });
  try {
    await Promise.race([end, join(life).then(() => end)]);
  } finally {
    clearInterval(watch);
    await life.consumer.disconnect();
  }
}

async function join({ consumer, topics, eachBatch }: ConsumerLife): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: CONCURRENT_PARTITIONS,
    eachBatch,
  });
}

function watchSilence({ consumer, isWorking }: ConsumerLife, fail: (error: Error) => void): NodeJS.Timeout {
  let lastSign = performance.now();
  const sign = (): void => {
    lastSign = performance.now();
  };
  for (const event of [consumer.events.FETCH, consumer.events.HEARTBEAT, consumer.events.GROUP_JOIN] as const) {
    consumer.on(event, sign);
  }
  return setInterval(() => {
    if (isWorking()) sign();
    if (performance.now() - lastSign > SILENCE_LIMIT_MS)
      fail(new Error(`consumer was silent for ${SILENCE_LIMIT_MS} ms`));
  }, WATCH_INTERVAL_MS);
}
