import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A site with its one meter, and the user who runs it. The name is for staff; statements know the user by pseudonym. */
@Entity('site')
export class SiteRow {
  @PrimaryColumn('text')
  tenant!: string;
  @PrimaryColumn('text')
  site!: string;
  @Column('text')
  meter!: string;
  @Column('text')
  gateway!: string;
  @Column('text')
  feeder!: string;
  @Column('text')
  area!: string;
  @Column('bigint', { name: 'capability_watt' })
  capabilityWatt!: string;
  @Column('text', { name: 'user_party' })
  user!: string;
  @Column('text', { name: 'user_name' })
  userName!: string;
}
