import { rmSync } from 'node:fs';
import { bringDown, bringUp, profileFolder, type ProvisionOptions, type Stack } from '@gridpact/deploy';

const E2E: ProvisionOptions = { profile: 'e2e', hold: 'leased' };

/** Brings up the whole system on empty stores: same seed, same log from its first entry on. */
export async function freshSandbox(): Promise<Stack> {
  await closeSandbox();
  rmSync(profileFolder(E2E.profile), { recursive: true, force: true });
  return bringUp(E2E);
}

/** Stops everything that `freshSandbox` started; what it wrote stays for reading. */
export async function closeSandbox(): Promise<void> {
  await bringDown(E2E);
}
