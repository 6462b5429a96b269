import type { MachineInstant } from '@gridpact/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { machineTime } from '../tenancy/columns.js';

/** A statement that this service signed or took, and what the ledger said about it. */
@Entity('statement')
export class StatementRow {
  @PrimaryColumn('text')
  statement!: string;
  @Column('text')
  tenant!: string;
  /** The user whom it concerns and who may ask for its receipt. */
  @Column('text', { name: 'user_party', nullable: true })
  user!: string | null;
  @Column('text')
  type!: string;
  @Column('text')
  subject!: string;
  @Column('bytea')
  entry!: Buffer;
  @Column(machineTime('taken_at'))
  takenAt!: MachineInstant;
  @Column('bigint', { name: 'log_index', nullable: true })
  index!: string | null;
  @Column('text', { nullable: true })
  receipt!: string | null;
  @Column(machineTime('sealed_at', { nullable: true }))
  sealedAt!: MachineInstant | null;
  @Column('text', { name: 'refusal_code', nullable: true })
  refusalCode!: string | null;
  @Column('text', { name: 'refusal_detail', nullable: true })
  refusalDetail!: string | null;
}

/** Which tenant a statement belongs to; no content, hence visible without a tenant. */
@Entity('statement_route')
export class StatementRoute {
  @PrimaryColumn('text')
  statement!: string;
  @Column('text')
  tenant!: string;
}
