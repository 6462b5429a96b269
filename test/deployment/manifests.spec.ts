import { existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { appEnvironment, APPS, CHECKOUT, describeStack, migrationEnvironment, type App } from '@gridpact/deploy';
import { afterAll, describe, expect, it } from 'vitest';
import { anyKind, type Manifest, type Of } from './kinds.ts';
import { rendered } from './kustomize.ts';

const K8S = join(CHECKOUT, 'k8s');
const OVERLAYS = globSync('overlays/**/kustomization.yaml', { cwd: K8S }).map((file) => dirname(file));
const WITH_TWO_REPLICAS = 2;

const stateDir = mkdtempSync(join(tmpdir(), 'gridpact-'));
afterAll(() => rmSync(stateDir, { recursive: true }));
const stack = describeStack('test', 7500, 'native', stateDir);

const sandbox = manifestsOf('overlays/sandbox');
const deployments = ofKind(sandbox, 'Deployment');
const services = APPS.filter((app) => app.kind === 'service');

describe('manifests', () => {
  it.each(OVERLAYS)('of %s have only known kinds, all bounded, probed and unprivileged', (overlay) => {
    expect(manifestsOf(overlay).length).toBeGreaterThan(0);
  });

  it('run each app once, from its own image', () => {
    const found = deployments.map(({ metadata, spec }) => [metadata.name, spec.template.spec.containers[0].image]);

    expect(found.sort()).toEqual(APPS.map(({ name, app }) => [name, `ghcr.io/gridpact/${app}:0.1.0`]).sort());
  });

  it.each(APPS.map((app) => [app.name, app] as const))(
    'give %s the variables that the laptop gives it',
    (name, app) => {
      const names = deployed(name).spec.template.spec.containers[0].env.map((variable) => variable.name);

      expect(names.sort()).toEqual(namesOf(appEnvironment(stack, app)));
    },
  );

  it('migrate each schema that has migrations, with what the laptop gives them', () => {
    const jobs = ofKind(sandbox, 'Job').map(({ metadata, spec }) => {
      const { command, env } = spec.template.spec.containers[0];
      return [metadata.name, command[1], env.map((variable) => variable.name).sort()];
    });
    const wanted = services
      .filter(({ app }) => existsSync(join(CHECKOUT, 'apps', app, 'src', 'migrate.ts')))
      .map((app) => [
        `${app.name}-migrate`,
        `apps/${app.app}/dist/migrate.js`,
        namesOf(migrationEnvironment(stack, app)),
      ]);

    expect(jobs.sort()).toEqual(wanted.sort());
  });

  it('hold no secret: what the laptop derives from its secret comes from a Secret', () => {
    const shown = deployments.flatMap(({ spec }) =>
      spec.template.spec.containers[0].env.filter((one) => 'value' in one),
    );

    expect(shown.filter(({ name }) => /PASSWORD|SECRET$|DATABASE_URL|REDIS_URL|SIGNER_(?!KEYS)/.test(name))).toEqual(
      [],
    );
  });

  it('refer only to settings that are there', () => {
    const settings = ofKind(sandbox, 'ConfigMap').flatMap(({ metadata, data }) =>
      Object.keys(data).map((key) => `${metadata.name}/${key}`),
    );
    const asked = deployments
      .flatMap(({ spec }) => spec.template.spec.containers[0].env)
      .flatMap((one) =>
        'valueFrom' in one && 'configMapKeyRef' in one.valueFrom ? [one.valueFrom.configMapKeyRef] : [],
      )
      .map(({ name, key }) => `${name}/${key}`);

    expect(asked.filter((key) => !settings.includes(key))).toEqual([]);
    expect(settings.filter((key) => !asked.includes(key))).toEqual([]);
  });

  it('mount only volumes that the pod has, and claims that exist', () => {
    const claims = ofKind(sandbox, 'PersistentVolumeClaim').map(({ metadata }) => metadata.name);
    for (const { metadata, spec } of deployments) {
      const { volumes, containers } = spec.template.spec;
      const claimed = volumes.flatMap((one) =>
        'persistentVolumeClaim' in one ? [one.persistentVolumeClaim.claimName] : [],
      );

      expect(containers[0].volumeMounts.map(({ name }) => name).sort(), metadata.name).toEqual(
        volumes.map(({ name }) => name).sort(),
      );
      expect(claimed.filter((claim) => !claims.includes(claim))).toEqual([]);
    }
  });

  it('let the ledger and each process of a party run once, and every other service twice', () => {
    const replicas = Object.fromEntries(deployments.map(({ metadata, spec }) => [metadata.name, spec.replicas]));
    const wanted = APPS.map((app) => [
      app.name,
      app.kind !== 'service' || app.name === 'ledger' ? 1 : WITH_TWO_REPLICAS,
    ]);

    expect(replicas).toEqual(Object.fromEntries(wanted));
  });

  it('never start a second writer beside the first', () => {
    const single = deployments.filter(({ spec }) => spec.replicas === 1);

    expect(single.map(({ spec }) => spec.strategy.type)).toEqual(single.map(() => 'Recreate'));
  });

  it('let a node be drained, and leave one replica where there are two', () => {
    const budgets = ofKind(sandbox, 'PodDisruptionBudget');

    expect(budgets.map(({ metadata }) => metadata.name).sort()).toEqual(APPS.map(({ name }) => name).sort());
    for (const { metadata, spec } of budgets) {
      const deployment = deployed(metadata.name);
      expect(spec.selector).toEqual(deployment.spec.selector);
      expect(spec.maxUnavailable, metadata.name).toBe(1);
    }
  });

  it('find the pods: each selector meets the labels of its own template and of no other', () => {
    for (const { metadata, spec } of ofKind(sandbox, 'Service')) {
      const met = deployments.filter((one) => matches(spec.selector, one.spec.template.metadata.labels));
      expect(met.map((one) => one.metadata.name)).toEqual([metadata.name]);
      expect(met[0]?.spec.selector.matchLabels).toEqual(spec.selector);
    }
    expect(ofKind(sandbox, 'Service')).toHaveLength(APPS.length);
  });
});

describe('network policies', () => {
  it.each(OVERLAYS)('of %s allow nothing that is not named', (overlay) => {
    const denies = ofKind(manifestsOf(overlay), 'NetworkPolicy').find(
      ({ metadata }) => metadata.name === 'default-deny',
    );

    expect(denies?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  it.each(APPS.map((app) => [app.name, app] as const))(
    'let %s call its peers and use its servers only',
    (name, app) => {
      const labels = Object.keys(deployed(name).spec.template.metadata.labels);

      expect(labels.filter((label) => /\/(calls|uses)-/.test(label)).sort()).toEqual(
        [
          ...callsOf(app).map((callee) => `gridpact.dev/calls-${callee}`),
          ...usesOf(app).map((one) => `gridpact.dev/uses-${one}`),
        ].sort(),
      );
    },
  );

  it('open both ends of each call', () => {
    const policies = ofKind(sandbox, 'NetworkPolicy');
    const callees = [...new Set(APPS.flatMap(callsOf))];
    for (const callee of callees) {
      const out = policies.find(({ metadata }) => metadata.name === `calls-${callee}`);
      const into = policies.find(({ metadata }) => metadata.name === callee);
      expect(out?.spec.podSelector, callee).toEqual({ matchLabels: { [`gridpact.dev/calls-${callee}`]: 'true' } });
      expect(out?.spec.egress?.[0]?.to[0]?.podSelector, callee).toEqual(into?.spec.podSelector);
      expect(into?.spec.ingress?.[0]?.from[0]?.podSelector, callee).toEqual(out?.spec.podSelector);
    }
  });

  it('open no port of a signer to the ingress', () => {
    const reachable = deployments.filter(({ spec }) => 'gridpact.dev/public' in spec.template.metadata.labels);

    expect(reachable.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('signer-'))).toEqual([]);
  });
});

describe('overlays', () => {
  it.each(OVERLAYS)('%s says in which environment it runs', (overlay) => {
    const said = ofKind(manifestsOf(overlay), 'Deployment').map(({ spec }) =>
      spec.template.spec.containers[0].env.find(({ name }) => name === 'GRIDPACT_ENVIRONMENT'),
    );
    const value = overlay.startsWith('overlays/sandbox') ? 'sandbox' : 'production';

    expect(said).toEqual(said.map(() => ({ name: 'GRIDPACT_ENVIRONMENT', value })));
  });

  it('keep the parties out of the production platform, each in a place of its own', () => {
    const platform = ofKind(manifestsOf('overlays/production'), 'Deployment').map(({ metadata }) => metadata.name);
    const parties = OVERLAYS.filter((overlay) => overlay.startsWith('overlays/production/parties/'));

    expect(platform.sort()).toEqual(services.map(({ name }) => name).sort());
    for (const overlay of parties) {
      const party = relative('overlays/production/parties', overlay);
      const own = APPS.filter((app) => app.kind !== 'service' && app.party === party).map(({ name }) => name);
      expect(own.length).toBeGreaterThan(0);
      expect(
        ofKind(manifestsOf(overlay), 'Deployment')
          .map(({ metadata }) => metadata.name)
          .sort(),
      ).toEqual(own.sort());
    }
    expect(parties).toHaveLength(new Set(APPS.flatMap((app) => (app.kind === 'service' ? [] : [app.party]))).size);
  });
});

function manifestsOf(overlay: string): Manifest[] {
  return rendered(join(K8S, overlay)).map((object) => {
    const parsed = anyKind.safeParse(object);
    if (parsed.success) return parsed.data;
    throw new Error(`${overlay}: ${object.kind} ${object.metadata.name}: ${parsed.error.message}`);
  });
}

function ofKind<K extends Manifest['kind']>(manifests: readonly Manifest[], kind: K): Of<K>[] {
  return manifests.filter((one): one is Of<K> => one.kind === kind);
}

function deployed(name: string): Of<'Deployment'> {
  const found = deployments.find(({ metadata }) => metadata.name === name);
  if (!found) throw new Error(`no Deployment is named ${name}`);
  return found;
}

/** Whom an app calls: its peers and signers; the ledger its witnesses. */
function callsOf(app: App): string[] {
  if (app.kind !== 'service') return [];
  const witnesses = APPS.filter(({ kind }) => app.name === 'ledger' && kind === 'witness').map(({ name }) => name);
  return [...app.peers, ...app.signers.map((party) => `signer-${party}`), ...witnesses];
}

function usesOf(app: App): string[] {
  if (app.kind !== 'service') return [];
  const asked: [string, boolean][] = [
    ['kafka', true],
    ['postgres', app.database],
    ['redis', app.redis],
    ['mqtt', app.mqtt],
  ];
  return asked.filter(([, uses]) => uses).map(([server]) => server);
}

function matches(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

function namesOf(variables: Readonly<Record<string, string>>): string[] {
  const forwarded = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'GRIDPACT_LOG_LEVEL'];
  return Object.keys(variables)
    .filter((name) => !forwarded.includes(name))
    .sort();
}
