import { leafHashHex, runKind, settlementComputed } from '@gridpact/statement';
import { z } from 'zod';
import { objectId } from './fields.js';
import { topic } from './topic.js';

/** A settlement run is computed and handed to the ledger; lines are read over HTTP by those they concern. */
export const settled = z.strictObject({
  event: objectId,
  run: z.int().min(1),
  kind: runKind,
  statement: leafHashHex,
  totals: settlementComputed.shape.totals,
});

export const settlementTopics = {
  result: topic({
    name: 'settlement.result.v1',
    summary: 'A settlement run is computed',
    key: 'event',
    schema: settled,
  }),
};

export type Settled = z.infer<typeof settled>;
