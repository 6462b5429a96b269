import type { Instant } from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { businessTime } from '../tenancy/columns.js';

/** The contract of one site with one program: a draft until both sides have signed, then named by its statement. */
@Entity('enrolment')
export class EnrolmentRow {
  @PrimaryColumn('text')
  enrolment!: string;
  @Column('text')
  tenant!: string;
  @Column('text')
  site!: string;
  @Column('text')
  meter!: string;
  @Column('text')
  program!: string;
  @Column('text', { name: 'user_party' })
  user!: string;
  @Column('jsonb')
  contract!: BodyOf<'enrolment.agreed'>;
  /** base64url of the canonical envelope, as both sides sign it. */
  @Column('text')
  payload!: string;
  @Column('text')
  salt!: string;
  @Column(businessTime('starts_at'))
  startsAt!: Instant;
  @Column(businessTime('ends_at', { nullable: true }))
  endsAt!: Instant | null;
  @Column('text', { nullable: true })
  statement!: string | null;
  @Column(businessTime('drafted_at'))
  draftedAt!: Instant;
}

/** A user's standing offer for an enrolment. */
@Entity('standing_offer')
export class StandingOfferRow {
  @PrimaryColumn('text')
  statement!: string;
  @Column('text')
  tenant!: string;
  @Column('text')
  offer!: string;
  @Column('text')
  enrolment!: string;
  @Column('text', { name: 'user_party' })
  user!: string;
  @Column('jsonb')
  body!: BodyOf<'standing-offer.signed'>;
  @Column(businessTime('taken_at'))
  takenAt!: Instant;
}
