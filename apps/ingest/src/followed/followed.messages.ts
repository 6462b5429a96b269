import { type EventChanged, type SiteEnrolled, topics } from '@gridpact/contracts';
import { required } from '@gridpact/kernel';
import type { KafkaBatch } from '@gridpact/platform/kafka';
import { inTransaction, rows, type Transaction } from '@gridpact/platform/postgres';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { DataSource } from 'typeorm';

/** Follows what others decide: whose meter it is, and when events run. */
@Controller()
export class FollowedMessages {
  constructor(private readonly dataSource: DataSource) {}

  @EventPattern<string>(topics.enrolment.name)
  async onEnrolments(@Payload() batch: KafkaBatch<SiteEnrolled>): Promise<void> {
    await inTransaction(this.dataSource, async (tx) => {
      for (const { value } of batch.messages) await noteEnrolment(tx, value);
    });
  }

  @EventPattern<string>(topics.event.name)
  async onEvents(@Payload() batch: KafkaBatch<EventChanged>): Promise<void> {
    await inTransaction(this.dataSource, async (tx) => {
      for (const { value } of batch.messages) await noteEvent(tx, value);
    });
  }
}

async function noteEnrolment(tx: Transaction, { contract }: SiteEnrolled): Promise<void> {
  const { meter, site, enrolment, aggregator, user } = contract;
  await rows(
    tx,
    `INSERT INTO enrolled_meter (meter, site, enrolment, aggregator, user_party) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (meter) DO UPDATE SET site = excluded.site, enrolment = excluded.enrolment,
       aggregator = excluded.aggregator, user_party = excluded.user_party`,
    [meter, site, enrolment, aggregator, user],
  );
}

/** A later revision replaces an earlier one, never the other way round. */
async function noteEvent(tx: Transaction, changed: EventChanged): Promise<void> {
  const { event, revision, state, statement, announced } = changed;
  const intervals = announced.intervals.map(({ start, end }) => ({ start, end }));
  const [first, last] = [required(intervals[0], 'first interval'), required(intervals.at(-1), 'last interval')];
  await rows(
    tx,
    `INSERT INTO dr_event (event, revision, state, statement, starts_at, ends_at, intervals)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (event) DO UPDATE SET revision = excluded.revision, state = excluded.state,
       starts_at = excluded.starts_at, ends_at = excluded.ends_at, intervals = excluded.intervals
     WHERE dr_event.revision < excluded.revision`,
    [event, revision, state, statement, first.start, last.end, JSON.stringify(intervals)],
  );
}
