import { type Novelty, type Observation, noveltyOf } from '@gridpact/telemetry';

/** Counts what each observation, heard in this order, adds to those known of its interval. */
export function noveltyCounts(known: readonly Observation[], heard: readonly Observation[]): Map<Novelty, number> {
  const places = Map.groupBy(known, placeOf);
  const counts = new Map<Novelty, number>();
  for (const observation of heard) {
    const before = places.get(placeOf(observation)) ?? [];
    const novelty = noveltyOf(before, observation);
    counts.set(novelty, (counts.get(novelty) ?? 0) + 1);
    places.set(placeOf(observation), [...before, observation]);
  }
  return counts;
}

function placeOf({ meter, start }: Observation): string {
  return `${start} ${meter}`;
}
