import { type Instant, type MachineInstant, instant, machineInstant } from '@gridpact/kernel';
import type { ColumnOptions } from 'typeorm';

/** Business time in a `timestamptz` column. */
export function businessTime(name: string, options: ColumnOptions = {}): ColumnOptions {
  const to = (at: Instant | null | undefined): Date | null => (at === null || at === undefined ? null : new Date(at));
  const from = (at: Date | null): Instant | null => (at === null ? null : instant(at.getTime()));
  return { type: 'timestamptz', name, transformer: { to, from }, ...options };
}

/** Machine time in a `timestamptz` column. */
export function machineTime(name: string, options: ColumnOptions = {}): ColumnOptions {
  const to = (at: MachineInstant | null | undefined): Date | null =>
    at === null || at === undefined ? null : new Date(at);
  const from = (at: Date | null): MachineInstant | null => (at === null ? null : machineInstant(at.getTime()));
  return { type: 'timestamptz', name, transformer: { to, from }, ...options };
}
