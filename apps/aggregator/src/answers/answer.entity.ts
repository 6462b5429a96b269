import type { Instant } from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { businessTime } from '../tenancy/columns.js';

/** An answer to an instruction, by the user or in its stead. Never changed; a later one names it. */
@Entity('answer')
export class AnswerRow {
  @PrimaryColumn('text')
  statement!: string;
  @Column('text')
  tenant!: string;
  @Column('text')
  instruction!: string;
  @Column('text', { name: 'user_party' })
  user!: string;
  @Column('jsonb')
  body!: BodyOf<'curtailment.confirmed'>;
  @Column('text', { nullable: true })
  earlier!: string | null;
  @Column(businessTime('received_at'))
  receivedAt!: Instant;
  /** base64 of the signed promise, given again to whoever sends the same bytes again. */
  @Column('text')
  promise!: string;
}

/** A user left a running event. */
@Entity('withdrawal')
export class WithdrawalRow {
  @PrimaryColumn('text')
  statement!: string;
  @Column('text')
  tenant!: string;
  @Column('text')
  confirmation!: string;
  @Column('text', { name: 'user_party' })
  user!: string;
  @Column('jsonb')
  body!: BodyOf<'curtailment.withdrawn'>;
  @Column(businessTime('received_at'))
  receivedAt!: Instant;
  @Column('text')
  promise!: string;
}
