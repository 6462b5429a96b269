import type { BodyOf, dispatchItem } from '@gridpact/statement';
import type { z } from 'zod';

/** What one receiver is sent when an event starts. */
export type DispatchItem = z.infer<typeof dispatchItem>;

/** Facts of a start: who delivers what, and which gateways are told. */
export interface StartFacts {
  readonly event: string;
  readonly sentAt: string;
  readonly awards: readonly BodyOf<'award.issued'>[];
  readonly gateways: readonly string[];
}

/** Items of `dispatch.sent`, in a fixed order: each aggregator with its power, each gateway with none of anybody's. */
export function dispatchItems({ event, sentAt, awards, gateways }: StartFacts): DispatchItem[] {
  const byAggregator = [...awards].sort((a, b) => (a.aggregator < b.aggregator ? -1 : 1));
  return [
    ...byAggregator.map(({ aggregator, intervals }) => {
      return { event, recipient: aggregator, channel: 'openadr' as const, intervals, sentAt };
    }),
    ...[...gateways].sort().map((recipient) => {
      return { event, recipient, channel: 'mqtt' as const, intervals: [], sentAt };
    }),
  ];
}
