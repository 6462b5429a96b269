import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mosquittoConfig, mosquittoPasswords, mosquittoRights } from '../broker-configs.ts';
import type { DaemonSpec } from '../daemon.ts';
import type { Stack } from '../stack.ts';
import { writeWhole } from '../state-folder.ts';
import { accepts } from '../tcp-probe.ts';
import { findOrUnpack } from './debian.ts';

const READY_TIMEOUT_MS = 10_000;

/** A mosquitto as a plain process under our own user; without `user` it would change to one that cannot read our folder. */
export async function mosquittoDaemon(stack: Stack): Promise<DaemonSpec> {
  const folder = join(stack.stateDir, 'mosquitto');
  const program = await findOrUnpack('mosquitto', 'mosquitto');
  mkdirSync(join(folder, 'data'), { recursive: true });
  const user = process.getuid?.() === 0 ? 'root' : undefined;
  const config = mosquittoConfig(stack, { bind: '127.0.0.1', folder }, user);
  const files = [mosquittoPasswords(stack), mosquittoRights()];
  writeWhole(join(folder, 'passwords'), files[0] ?? '');
  writeWhole(join(folder, 'rights.acl'), files[1] ?? '');
  writeWhole(join(folder, 'mosquitto.conf'), config);
  return {
    name: 'mosquitto',
    command: program.path,
    args: ['-c', join(folder, 'mosquitto.conf')],
    env: { ...process.env, ...program.env },
    recognise: join(folder, 'mosquitto.conf'),
    version: config + files.join(''),
    stopSignal: 'SIGTERM',
    ready: () => accepts({ host: '127.0.0.1', port: stack.ports.mqtt }),
    readyTimeoutMs: READY_TIMEOUT_MS,
  };
}
