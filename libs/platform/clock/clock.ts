import { instant, machineInstant, type Instant, type MachineInstant } from '@gridpact/kernel';

/** Business time: statement `at`, deadlines, readings. `revision` counts the mappings set so far; 0 means none. */
export interface BusinessClock {
  now(): Instant;
  revision(): number;
}

/** Machine time: promises' cosignatures, tokens, retries. */
export interface MachineClock {
  now(): MachineInstant;
}

/** The machine's own clock. */
export const systemMachineClock: MachineClock = { now: () => machineInstant(Date.now()) };

/** Business time that equals machine time: production, and a sandbox before its first mapping. */
export function unmappedBusinessClock(machine: MachineClock): BusinessClock {
  return { now: () => instant(machine.now()), revision: () => 0 };
}

/** Business time that stands still, for tests of services. */
export function fixedBusinessClock(at: Instant): BusinessClock {
  return { now: () => at, revision: () => 0 };
}
