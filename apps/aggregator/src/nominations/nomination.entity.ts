import type { Instant } from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { businessTime } from '../tenancy/columns.js';

/** A committed nomination with what opens it; the opening stays here until the gate has closed. */
@Entity('nomination')
export class NominationRow {
  @PrimaryColumn('text')
  statement!: string;
  @Column('text')
  tenant!: string;
  @Column('text')
  event!: string;
  @Column('jsonb')
  body!: BodyOf<'nomination.committed'>;
  @Column('text')
  salt!: string;
  @Column(businessTime('committed_at'))
  committedAt!: Instant;
  /** The dispatcher's decision; null while it is out. */
  @Column('boolean', { nullable: true })
  accepted!: boolean | null;
  @Column('text', { nullable: true })
  promise!: string | null;
  @Column('text', { name: 'refusal_code', nullable: true })
  refusalCode!: string | null;
  @Column('text', { name: 'refusal_detail', nullable: true })
  refusalDetail!: string | null;
  /** Leaf hash of `nomination.revealed`. */
  @Column('text', { nullable: true })
  revealed!: string | null;
}
