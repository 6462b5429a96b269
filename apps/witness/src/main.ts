import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { machineInstant } from '@gridpact/kernel';
import { pathsOf, readConfig, USAGE, type WitnessConfig } from './config.js';
import { replaceDurably } from './durable-file.js';
import { lockFolder } from './folder-lock.js';
import { logsFromFile } from './known-logs.js';
import { witnessServer, type Report } from './server.js';
import { openViewStore } from './view-store.js';
import { Witness } from './witness.js';
import { openWitnessKey } from './witness-key.js';

/** How long open requests may take to end after SIGTERM. */
const SHUTDOWN_TIMEOUT_MS = 5_000;

const report: Report = (event, fields) => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
};

async function start(config: WitnessConfig): Promise<void> {
  const paths = pathsOf(config.partyDir);
  mkdirSync(config.partyDir, { recursive: true, mode: 0o700 });
  const unlock = await lockFolder(paths.lock);
  const cosigner = openWitnessKey(paths, config.name);
  const logs = logsFromFile(config.logsFile);
  await logs.verifiersOf('');
  const views = await openViewStore(paths.checkpoints, cosigner.vkey, replaceDurably);
  const witness = new Witness({ cosigner, logs, views, now: () => machineInstant(Date.now()) });
  const server = witnessServer(witness, report);
  await listen(server, config);
  const { port } = server.address() as AddressInfo;
  report('ready', { party: config.party, name: config.name, url: `http://${config.host}:${port}` });
  stopOnSignal(server, unlock);
}

function listen(server: Server, { host, port }: WitnessConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

function stopOnSignal(server: Server, unlock: () => void): void {
  const stop = () => {
    setTimeout(() => server.closeAllConnections(), SHUTDOWN_TIMEOUT_MS).unref();
    server.close(() => {
      unlock();
      report('stopped', {});
    });
    server.closeIdleConnections();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
}

if (process.argv.includes('--help')) {
  process.stdout.write(USAGE);
} else {
  try {
    await start(readConfig(process.env));
  } catch (error) {
    process.stderr.write(`witness: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
