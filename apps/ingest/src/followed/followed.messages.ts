import { type EventChanged, type SiteEnrolled, topics } from '@gridpact/contracts';
import { required } from '@gridpact/kernel';
import type { KafkaBatch } from '@gridpact/platform/kafka';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { DataSource } from 'typeorm';

/** Follows what others decide: whose meter it is, and when events run. */
@Controller()
export class FollowedMessages {
  constructor(private readonly dataSource: DataSource) {}

  @EventPattern<string>(topics.enrolment.name)
  async onEnrolments(@Payload() batch: KafkaBatch<SiteEnrolled>): Promise<void> {
    for (const { value } of batch.messages) {
      const { meter, site, enrolment, aggregator, user } = value.contract;
      await this.dataSource.query(
        `INSERT INTO enrolled_meter (meter, site, enrolment, aggregator, user_party) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (meter) DO UPDATE SET site = excluded.site, enrolment = excluded.enrolment,
           aggregator = excluded.aggregator, user_party = excluded.user_party`,
        [meter, site, enrolment, aggregator, user],
      );
    }
  }

  @EventPattern<string>(topics.event.name)
  async onEvents(@Payload() batch: KafkaBatch<EventChanged>): Promise<void> {
    for (const { value } of batch.messages) {
      const { event, revision, state, statement, announced } = value;
      const first = required(announced.intervals[0], 'first interval');
      const last = required(announced.intervals.at(-1), 'last interval');
      await this.dataSource.query(
        `INSERT INTO dr_event (event, revision, state, statement, starts_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (event) DO UPDATE SET revision = excluded.revision, state = excluded.state,
           starts_at = excluded.starts_at, ends_at = excluded.ends_at
         WHERE dr_event.revision < excluded.revision`,
        [event, revision, state, statement, first.start, last.end],
      );
    }
  }
}
