import type { EventState } from '@gridpact/contracts';
import type { Instant } from '@gridpact/kernel';
import type { BodyOf } from '@gridpact/statement';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { businessTime } from '../tenancy/columns.js';

/** Our copy of a DR event at its newest revision; announced openly, hence nobody's row. */
@Entity('event')
export class EventRow {
  @PrimaryColumn('text')
  event!: string;
  @Column('integer')
  revision!: number;
  @Column('text')
  state!: EventState;
  @Column('jsonb')
  announced!: BodyOf<'event.announced'>;
  @Column('text')
  statement!: string;
  @Column('text', { name: 'program_statement' })
  programStatement!: string;
  @Column(businessTime('gate_closes_at'))
  gateClosesAt!: Instant;
  @Column(businessTime('confirm_by'))
  confirmBy!: Instant;
}
