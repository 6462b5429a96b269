import { enrolmentAgreed, leafHashHex, partyId, wattInterval } from '@gridpact/statement';
import { z } from 'zod';
import { base64Text, objectId, opening } from './fields.js';
import { topic } from './topic.js';

/** A signed nomination statement; a commitment travels without its opening, a reveal with it. */
export const nominationSent = z.strictObject({
  event: objectId,
  aggregator: partyId,
  kind: z.enum(['committed', 'revealed']),
  entry: base64Text,
  opening: opening.optional(),
});

/** A site is enrolled: which meter belongs to whom. Compacted, so that a newcomer reads all of them. */
export const siteEnrolled = z.strictObject({
  enrolment: objectId,
  statement: leafHashHex,
  contract: enrolmentAgreed,
  gateway: objectId,
});

/** An answer of a user stands, until a later one names it as its earlier. */
export const confirmed = z.strictObject({
  event: objectId,
  aggregator: partyId,
  user: partyId,
  site: objectId,
  instruction: objectId,
  statement: leafHashHex,
  answer: z.enum(['full', 'part', 'declined', 'withdrawn']),
  intervals: z.array(wattInterval).max(96),
  earlier: leafHashHex.nullable(),
});

export const aggregatorTopics = {
  nomination: topic({
    name: 'aggregator.nomination.v1',
    summary: 'An aggregator commits or reveals a nomination',
    key: 'event',
    schema: nominationSent,
  }),
  enrolment: topic({
    name: 'aggregator.enrolment.v1',
    summary: 'A site is enrolled',
    key: 'site',
    compacted: true,
    schema: siteEnrolled,
  }),
  confirmation: topic({
    name: 'aggregator.confirmation.v1',
    summary: 'A user answered an instruction, or left a running event',
    key: 'site',
    schema: confirmed,
  }),
};

export type NominationSent = z.infer<typeof nominationSent>;
export type SiteEnrolled = z.infer<typeof siteEnrolled>;
export type Confirmed = z.infer<typeof confirmed>;
