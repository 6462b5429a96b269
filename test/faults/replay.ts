import { setTimeout as delay } from 'node:timers/promises';
import { SERVICES, startApps, stopApp, withKafkaAdmin, type Stack } from '@gridpact/deploy';

/** Longest wait until replayed consumers have read everything again. */
const CATCH_UP_MS = 90_000;
const LOOK_EVERY_MS = 500;

/** A consumer group's place in one partition. */
interface Place {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * Stops all services, lets the broker forget every consumer group, so that each begins at offset 0 again, starts the
 * services and waits until each group is where it was before. Gives the number of messages that were read again.
 */
export async function replayEverything(stack: Stack): Promise<bigint> {
  const before = await placesOf(stack);
  await Promise.all(SERVICES.map((service) => stopApp(stack, service)));
  await withKafkaAdmin(stack, (admin) => admin.deleteGroups([...new Set(before.map(({ group }) => group))]));
  const again = total(before) - total(await placesOf(stack));
  await startApps(stack);
  await untilCaughtUp(stack, before);
  return again;
}

async function placesOf(stack: Stack): Promise<Place[]> {
  return withKafkaAdmin(stack, async (admin) => {
    const places = SERVICES.map(async (group) => {
      const topics = await admin.fetchOffsets({ groupId: group });
      return topics.flatMap(({ topic, partitions }) =>
        partitions
          .filter(({ offset }) => BigInt(offset) >= 0n)
          .map(({ partition, offset }) => ({ group, topic, partition, offset: BigInt(offset) })),
      );
    });
    return (await Promise.all(places)).flat();
  });
}

async function untilCaughtUp(stack: Stack, before: readonly Place[]): Promise<void> {
  for (let waitedMs = 0; waitedMs < CATCH_UP_MS; waitedMs += LOOK_EVERY_MS) {
    const now = new Map((await placesOf(stack)).map((place) => [keyOf(place), place.offset]));
    if (before.every((place) => (now.get(keyOf(place)) ?? -1n) >= place.offset)) return;
    await delay(LOOK_EVERY_MS);
  }
  throw new Error(`the consumers had not read everything again after ${CATCH_UP_MS / 1000} s`);
}

function keyOf({ group, topic, partition }: Place): string {
  return `${group} ${topic} ${partition}`;
}

function total(places: readonly Place[]): bigint {
  return places.reduce((sum, { offset }) => sum + offset, 0n);
}
