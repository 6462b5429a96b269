import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPOSE_FILE } from '@gridpact/deploy';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { containerServices, type ContainerEngine } from './container-services.ts';

interface ComposeFile {
  readonly services: Readonly<Record<string, { ports: string[]; volumes: string[] }>>;
}

class FakeEngine implements ContainerEngine {
  readonly compositions: { file: string; variables: Record<string, string> }[] = [];
  up = 0;
  databaseFails = false;
  present = true;

  async answers(): Promise<boolean> {
    return this.present;
  }

  async compose(folder: string, file: string, variables: Record<string, string>): Promise<{ down(): Promise<void> }> {
    this.compositions.push({ file: join(folder, file), variables });
    this.up += 1;
    return { down: async () => void (this.up -= 1) };
  }

  async prepare(): Promise<void> {
    if (this.databaseFails) throw new Error('the database did not answer');
  }
}

describe('services in containers', () => {
  beforeEach(() => vi.stubEnv('GRIDPACT_ENGINE', ''));
  afterEach(() => vi.unstubAllEnvs());

  it('are not used where no engine answers', async () => {
    const engine = new FakeEngine();
    engine.present = false;

    expect(await containerServices(engine)).toBeUndefined();
    expect(engine.compositions).toEqual([]);
  });

  it('get a value for every variable of the compose file and every file it mounts', async () => {
    const engine = new FakeEngine();
    const services = await containerServices(engine);
    const text = readFileSync(COMPOSE_FILE, 'utf8');
    const { variables = {} } = engine.compositions[0] ?? {};

    const named = new Set([...text.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1]));
    expect(Object.keys(variables).sort()).toEqual([...named].sort());
    expect(mountedPaths(text, variables).filter((path) => !existsSync(path))).toEqual([]);
    await services?.stop();
  });

  it('publish the ports that the stack names, on loopback only', async () => {
    const engine = new FakeEngine();
    const services = await containerServices(engine);
    const { variables = {} } = engine.compositions[0] ?? {};
    const { services: composed } = parse(readFileSync(COMPOSE_FILE, 'utf8')) as ComposeFile;

    const published = Object.values(composed).flatMap(({ ports }) => ports.map((port) => filled(port, variables)));
    const { kafka, postgres, redis, mqtt } = services?.stack.ports ?? { kafka: 0, postgres: 0, redis: 0, mqtt: 0 };
    expect(published.map((port) => port.split(':').slice(0, 2).join(':')).sort()).toEqual(
      [kafka, postgres, redis, mqtt].map((port) => `127.0.0.1:${port}`).sort(),
    );
    await services?.stop();
  });

  it('are stopped when the database cannot be prepared', async () => {
    const engine = new FakeEngine();
    engine.databaseFails = true;

    await expect(containerServices(engine)).rejects.toThrow('the database did not answer');
    expect(engine.up).toBe(0);
  });
});

function mountedPaths(text: string, variables: Record<string, string>): string[] {
  const { services } = parse(text) as ComposeFile;
  const volumes = Object.values(services).flatMap((service) => service.volumes);
  return volumes
    .filter((volume) => volume.startsWith('$'))
    .map((volume) => filled(volume, variables).split(':')[0] ?? '');
}

function filled(text: string, variables: Record<string, string>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => variables[name] ?? '');
}
