import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { machineInstant } from '@gridpact/kernel';
import { openAudit, type Audit } from './audit.js';
import { readConfig, USAGE, type SignerConfig } from './config.js';
import { openPartyKeys, openToken } from './party-keys.js';
import { signerServer, type Report } from './server.js';
import { PartySigner } from './signer.js';

/** How long open requests may take to end after SIGTERM. */
const SHUTDOWN_TIMEOUT_MS = 5_000;

const report: Report = (event, fields) => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
};

async function start(config: SignerConfig): Promise<void> {
  mkdirSync(config.partyDir, { recursive: true, mode: 0o700 });
  const keys = openPartyKeys(config.partyDir, config.uses);
  const token = openToken(config.partyDir);
  const audit = await openAudit(join(config.partyDir, 'signer.audit.jsonl'));
  const { party, production } = config;
  const signer = new PartySigner({ party, production, keys, audit, now: () => machineInstant(Date.now()) });
  const server = signerServer(signer, token, report);
  await listen(server, config);
  const { port } = server.address() as AddressInfo;
  report('ready', {
    party,
    keys: signer.keys().map(({ use, kid }) => ({ use, kid })),
    url: `http://${config.host}:${port}`,
  });
  stopOnSignal(server, audit);
}

function listen(server: Server, { host, port }: SignerConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

function stopOnSignal(server: Server, audit: Audit): void {
  const stop = () => {
    setTimeout(() => server.closeAllConnections(), SHUTDOWN_TIMEOUT_MS).unref();
    server.close(() => {
      audit.close().then(
        () => report('stopped', {}),
        (error: unknown) => report('failed', { error: String(error) }),
      );
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
    process.stderr.write(`signer: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
