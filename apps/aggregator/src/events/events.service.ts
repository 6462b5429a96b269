import type { EventState } from '@gridpact/contracts';
import { type Result, formatInstant, ok, refuse } from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { asTenant } from '../tenancy/scope.js';
import { findAward, findEvent, siteOutcomes, type SiteOutcome } from './event-store.js';
import { type TalliedInterval, tally } from './tally.js';

/** An event as an aggregator's staff see it. */
export interface EventView {
  readonly event: string;
  readonly state: EventState;
  readonly announced: BodyOf<'event.announced'>;
  readonly award: {
    readonly statement: string;
    readonly body: BodyOf<'award.issued'>;
    readonly binding: unknown;
  } | null;
  readonly instructions: number;
  readonly intervals: readonly TalliedInterval[];
}

/** One site's part in an event. */
export interface EventSiteView {
  readonly site: string;
  readonly user: string;
  readonly userName: string;
  readonly state: 'waiting' | 'confirmed' | 'declined' | 'silent' | 'withdrawn';
  readonly instruction: { readonly statement: string; readonly body: BodyOf<'instruction.issued'> };
  readonly answer: BodyOf<'curtailment.confirmed'> | null;
  readonly answerStatement: string | null;
  readonly receivedAt: string | null;
  readonly withdrawnFrom: string | null;
}

/** What an aggregator sees of an event: what it was awarded, asked of its sites, and got. */
@Injectable()
export class EventsService {
  constructor(private readonly source: DataSource) {}

  async event(tenant: string, eventId: string): Promise<Result<EventView, 'unknown_event'>> {
    return asTenant(this.source, tenant, async (tx) => {
      const event = await findEvent(tx, eventId);
      if (!event) return refuse('unknown_event', `no event ${eventId} was announced`);
      const award = await findAward(tx, eventId);
      const outcomes = await siteOutcomes(tx, eventId);
      const { state, announced } = event;
      const awarded = award && { statement: award.statement, body: award.body, binding: award.binding };
      const intervals = tally(award?.body ?? null, outcomes);
      return ok({ event: eventId, state, announced, award: awarded, instructions: outcomes.length, intervals });
    });
  }

  async sites(tenant: string, eventId: string): Promise<Result<readonly EventSiteView[], 'unknown_event'>> {
    return asTenant(this.source, tenant, async (tx: EntityManager) => {
      if (!(await findEvent(tx, eventId))) return refuse('unknown_event', `no event ${eventId} was announced`);
      return ok((await siteOutcomes(tx, eventId)).map(siteView));
    });
  }
}

function siteView(outcome: SiteOutcome): EventSiteView {
  const { instruction, statement, userName, answer, answerStatement, receivedAt, withdrawnFrom } = outcome;
  return {
    site: instruction.site,
    user: instruction.user,
    userName,
    state: stateOf(outcome),
    instruction: { statement, body: instruction },
    answer,
    answerStatement,
    receivedAt: receivedAt && formatInstant(receivedAt),
    withdrawnFrom,
  };
}

function stateOf({ answer, silent, withdrawnFrom }: SiteOutcome): EventSiteView['state'] {
  if (!answer) return silent ? 'silent' : 'waiting';
  if (withdrawnFrom) return 'withdrawn';
  return answer.answer === 'declined' ? 'declined' : 'confirmed';
}
