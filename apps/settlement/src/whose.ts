import type { Caller } from '@gridpact/platform/auth';

/** Roles that see what concerns any party: the power company's own people, its auditors, and the platform's services. */
const SEES_ALL: readonly string[] = ['operator', 'approver', 'regulator', 'service'];

/** Party whose records a caller may see; null when it may see those of all. */
export function ownOrAll(caller: Caller): string | null {
  return caller.roles.some((role) => SEES_ALL.includes(role)) ? null : caller.party;
}
