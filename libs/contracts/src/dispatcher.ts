import {
  clockSet,
  eventAnnounced,
  instantText,
  leafHashHex,
  outageFlagged,
  partyId,
  wattInterval,
} from '@gridpact/statement';
import { z } from 'zod';
import { base64Text, objectId, opening } from './fields.js';
import { topic } from './topic.js';

/** States of a DR event's life that other services act on. */
export const eventState = z.enum([
  'announced',
  'gate-closed',
  'cleared',
  'confirmed',
  'active',
  'ended',
  'measured',
  'settled',
  'cancelled',
]);

/** A DR event entered a state; `revision` counts its changes, so that a late message is recognised. */
export const eventChanged = z.strictObject({
  event: objectId,
  state: eventState,
  revision: z.int().min(1),
  announced: eventAnnounced,
  /** Leaf hash of `event.announced`. */
  statement: leafHashHex,
  /** Leaf hash of the program's newest `program.published`. */
  programStatement: leafHashHex,
  at: instantText,
});

/** The dispatcher received a nomination statement: a promise, or why not. */
export const nominationDecision = z.strictObject({
  event: objectId,
  aggregator: partyId,
  nomination: leafHashHex,
  outcome: z.discriminatedUnion('accepted', [
    z.strictObject({ accepted: z.literal(true), promise: base64Text }),
    z.strictObject({ accepted: z.literal(false), code: z.string().max(60), detail: z.string().max(1000) }),
  ]),
});

/** An award, with what opens its body; the key keeps an aggregator's awards in order. */
export const awarded = z.strictObject({
  event: objectId,
  aggregator: partyId,
  statement: leafHashHex,
  entry: base64Text,
  opening,
});

/** The event starts for an aggregator: what it is to deliver. */
export const dispatched = z.strictObject({
  event: objectId,
  aggregator: partyId,
  statement: leafHashHex,
  intervals: z.array(wattInterval).max(96),
  at: instantText,
});

/** Supply was out on a feeder. */
export const outage = z.strictObject({ ...outageFlagged.shape, statement: leafHashHex });

export const dispatcherTopics = {
  clock: topic({
    name: 'dispatcher.clock.v1',
    summary: 'Sandbox: how business time runs from now on',
    key: 'the word clock',
    partitions: 1,
    compacted: true,
    schema: clockSet,
  }),
  event: topic({
    name: 'dispatcher.event.v1',
    summary: 'A DR event entered a state',
    key: 'event',
    schema: eventChanged,
  }),
  nominationDecision: topic({
    name: 'dispatcher.nomination-decision.v1',
    summary: 'A nomination statement was promised or refused',
    key: 'event',
    schema: nominationDecision,
  }),
  award: topic({ name: 'dispatcher.award.v1', summary: 'An aggregator was awarded', key: 'event', schema: awarded }),
  dispatch: topic({
    name: 'dispatcher.dispatch.v1',
    summary: 'An event starts for an aggregator',
    key: 'event',
    schema: dispatched,
  }),
  outage: topic({ name: 'dispatcher.outage.v1', summary: 'Supply was out on a feeder', key: 'event', schema: outage }),
};

export type EventChanged = z.infer<typeof eventChanged>;
export type EventState = z.infer<typeof eventState>;
export type NominationDecision = z.infer<typeof nominationDecision>;
export type Awarded = z.infer<typeof awarded>;
export type Dispatched = z.infer<typeof dispatched>;
export type Outage = z.infer<typeof outage>;
