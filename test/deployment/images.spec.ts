import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appEnvironment, APPS, CHECKOUT, describeStack, migrationEnvironment } from '@gridpact/deploy';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const DOCKERFILE = readFileSync(join(CHECKOUT, 'deploy', 'Dockerfile'), 'utf8');
const BASE_PORT = 7400;

/** An app's container: whatever else it may say, it is confined, bounded, and built from the one Dockerfile. */
const container = z.looseObject({
  image: z.string(),
  read_only: z.literal(true),
  user: z.literal('1000:1000'),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  mem_limit: z.string(),
  pids_limit: z.int(),
  environment: z.record(z.string(), z.string()),
  env_file: z.string().optional(),
  'x-secrets': z.array(z.string()).default([]),
  build: z.looseObject({ target: z.string(), args: z.strictObject({ APP: z.string() }) }).optional(),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.looseObject({ condition: z.string() })).default({}),
});

const composed = z
  .looseObject({ services: z.record(z.string(), container) })
  .parse(parse(readFileSync(join(CHECKOUT, 'deploy', 'compose.apps.yaml'), 'utf8'), { merge: true })).services;
const servers = z
  .looseObject({ services: z.record(z.string(), z.unknown()) })
  .parse(parse(readFileSync(join(CHECKOUT, 'deploy', 'compose.yaml'), 'utf8'))).services;

const stateDir = mkdtempSync(join(tmpdir(), 'gridpact-'));
afterAll(() => rmSync(stateDir, { recursive: true }));
const stack = describeStack('test', BASE_PORT, 'compose', stateDir);

describe('the image', () => {
  it('runs on the Node under which the tests run', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8'));

    expect(DOCKERFILE).toContain(`ARG NODE_VERSION=${devDependencies.node}\n`);
  });

  it.each([...new Set(APPS.map(({ app }) => app))])('can hold %s', (app) => {
    expect(existsSync(join(CHECKOUT, 'apps', app, 'src', 'main.ts'))).toBe(true);
  });

  it('loads telemetry from where the platform is built, and copies files that exist', () => {
    const preload = /--import \/gridpact\/(libs\/platform)\/dist\/(telemetry\/register)\.js/.exec(DOCKERFILE);

    expect(existsSync(join(CHECKOUT, preload?.[1] ?? '', `${preload?.[2]}.ts`))).toBe(true);
  });

  it.each(['service', 'party'])('of a %s has a health check and no root', (target) => {
    const stage = DOCKERFILE.split(/^FROM /m).find((text) => text.startsWith(`runtime AS ${target}\n`));

    expect(stage).toMatch(/^HEALTHCHECK .*\n\s+CMD \["node"/m);
    expect(DOCKERFILE).toMatch(/^USER 1000:1000$/m);
    expect(stage).not.toMatch(/^USER /m);
  });
});

describe('the compose file of the apps', () => {
  it.each(APPS.map((app) => [app.name, app] as const))(
    'gives %s the variables that the laptop gives it',
    (name, app) => {
      const { environment = {}, 'x-secrets': secrets = [], build } = composed[name] ?? {};
      const wanted = appEnvironment(stack, app);

      expect([...Object.keys(environment), ...secrets].sort()).toEqual(namesOf(wanted));
      expect(environment['GRIDPACT_HTTP_PORT']).toBe(wanted['GRIDPACT_HTTP_PORT']);
      for (const variable of Object.keys(environment).filter((one) => /^http:/.test(environment[one] ?? '')))
        expect(environment[variable], variable).toBe(wanted[variable]);
      expect(build).toMatchObject({ target: app.kind === 'service' ? 'service' : 'party', args: { APP: app.app } });
    },
  );

  it('migrates each schema before its service starts', () => {
    for (const app of APPS) {
      if (app.kind !== 'service' || !app.database) continue;
      const { environment = {}, 'x-secrets': secrets = [] } = composed[`${app.name}-migrate`] ?? {};
      expect([...Object.keys(environment), ...secrets].sort()).toEqual(namesOf(migrationEnvironment(stack, app)));
      expect(composed[app.name]?.depends_on[`${app.name}-migrate`]).toEqual({
        condition: 'service_completed_successfully',
      });
    }
  });

  it('runs nothing that is no app', () => {
    const names = APPS.flatMap((app) => [app.name, `${app.name}-migrate`]);

    expect(Object.keys(composed).filter((name) => !names.includes(name))).toEqual([]);
  });

  it('gives each process a volume of its own, and only the ledger may write what is public', () => {
    const named = Object.values(composed).flatMap(({ volumes }) => volumes.filter((one) => !one.startsWith('$')));
    const writers = Object.entries(composed).filter(([, { volumes }]) =>
      volumes.some((one) => one.startsWith('$') && !one.endsWith(':ro')),
    );

    expect(new Set(named).size).toBe(APPS.length);
    expect(writers.map(([name]) => name)).toEqual(['ledger']);
  });

  it('waits for servers that compose.yaml has, and takes secrets from a file of its own', () => {
    const waited = Object.values(composed).flatMap(({ depends_on }) => Object.keys(depends_on));
    const files = Object.entries(composed).filter(([, one]) => one['x-secrets'].length > 0);

    expect(waited.filter((name) => !(name in servers) && !(name in composed))).toEqual([]);
    expect(files.map(([, { env_file }]) => env_file)).toEqual(
      files.map(([name]) => `\${GRIDPACT_ENV_DIR:?}/${name}.env`),
    );
  });
});

function namesOf(variables: Readonly<Record<string, string>>): string[] {
  const forwarded = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'GRIDPACT_LOG_LEVEL'];
  return Object.keys(variables)
    .filter((name) => !forwarded.includes(name))
    .sort();
}
