import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { appEnvironment, migrationEnvironment } from './app-environment.ts';
import { APPS, appNamed, type ServiceApp } from './apps.ts';
import { describeStack } from './stack.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'gridpact-'));
afterAll(() => rmSync(stateDir, { recursive: true }));
const stack = describeStack('test', 7500, 'native', stateDir);

describe('the environment of an app', () => {
  it('gives no two apps the same port', () => {
    const ports = APPS.map((app) => appEnvironment(stack, app)['GRIDPACT_HTTP_PORT']);

    expect(new Set(ports).size).toBe(APPS.length);
  });

  it('holds no password of another service and no administrator', () => {
    const text = JSON.stringify(appEnvironment(stack, appNamed('ingest')));
    const foreign = [stack.kafka, stack.postgres, stack.redis, { users: stack.clients }]
      .flatMap(({ users }) => Object.entries(users))
      .filter(([user]) => user !== 'ingest')
      .map(([, password]) => password);

    expect(foreign.filter((password) => text.includes(password))).toEqual([]);
  });

  it('keeps the role that may change the schema from the running service', () => {
    const { GRIDPACT_DATABASE_URL: runtime } = appEnvironment(stack, appNamed('aggregator'));
    const { GRIDPACT_MIGRATION_DATABASE_URL: owner } = migrationEnvironment(
      stack,
      appNamed('aggregator') as ServiceApp,
    );

    expect(new URL(runtime ?? '').username).toBe('aggregator');
    expect(new URL(owner ?? '').username).toBe('aggregator_owner');
  });

  it("shows a party's process its own folder only", () => {
    const environment = appEnvironment(stack, appNamed('signer-aggregator-2'));

    expect(environment['GRIDPACT_PARTY_DIR']).toBe(join(stateDir, 'parties', 'aggregator-2'));
    expect(JSON.stringify(environment)).not.toMatch(/power-company|aggregator-1|regulator/);
  });

  it("lets the dispatcher ask the power company's signer with the token of its folder, which only the owner reads", () => {
    const [url, token] =
      appEnvironment(stack, appNamed('dispatcher'))['GRIDPACT_SIGNER_POWER_COMPANY']?.split('|') ?? [];
    const file = join(stateDir, 'parties', 'power-company', 'signer.token');

    expect(url).toBe('http://127.0.0.1:7521');
    expect(token).toBe(readFileSync(file, 'utf8'));
    expect(statSync(file).mode & 0o077).toBe(0);
  });
});
