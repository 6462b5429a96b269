import type { Instant } from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { businessTime } from '../tenancy/columns.js';

/** An award with what the sites could not take of it. */
@Entity('award')
export class AwardRow {
  @PrimaryColumn('text')
  statement!: string;
  @Column('text')
  tenant!: string;
  @Column('text')
  event!: string;
  @Column('jsonb')
  body!: BodyOf<'award.issued'>;
  /** The limit that binds when the sites cannot deliver the award and its reserve; null when they can. */
  @Column('jsonb', { nullable: true })
  binding!: { readonly code: string; readonly start: string; readonly missingWatt: string } | null;
}

/** What one site is asked to do, and the answer that stands. */
@Entity('instruction')
export class InstructionRow {
  @PrimaryColumn('text')
  instruction!: string;
  @Column('text')
  tenant!: string;
  @Column('text')
  event!: string;
  @Column('text')
  site!: string;
  @Column('text')
  enrolment!: string;
  @Column('text', { name: 'user_party' })
  user!: string;
  @Column('text')
  statement!: string;
  @Column('jsonb')
  body!: BodyOf<'instruction.issued'>;
  @Column(businessTime('confirm_by'))
  confirmBy!: Instant;
  /** Leaf hash of the answer that holds; null while there is none. */
  @Column('text', { nullable: true })
  standing!: string | null;
  /** Set when the deadline passed without an answer and the contract takes silence for none. */
  @Column(businessTime('silent_at', { nullable: true }))
  silentAt!: Instant | null;
}
