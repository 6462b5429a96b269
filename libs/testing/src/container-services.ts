import { basename, dirname } from 'node:path';
import {
  choosePortBase,
  COMPOSE_FILE,
  composeEnvironment,
  describeStack,
  ensureDatabase,
  isFree,
  profileFolder,
  type Stack,
} from '@gridpact/deploy';
import type { TestServices } from './services.ts';

// Unproven: type-checked and tested with a fake engine, but it has not yet run on a container engine.

/** What the harness needs of a container engine; Testcontainers is one, a test gives a fake. */
export interface ContainerEngine {
  answers(): Promise<boolean>;
  /** Starts a compose file with variables; the answer stops it and removes its volumes. */
  compose(folder: string, file: string, variables: Record<string, string>): Promise<{ down(): Promise<void> }>;
  /** Creates database roles once the database answers. */
  prepare(stack: Stack): Promise<void>;
}

/** The services in containers; undefined where no engine answers. */
export async function containerServices(engine: ContainerEngine = testcontainers): Promise<TestServices | undefined> {
  if (process.env['GRIDPACT_ENGINE'] === 'native' || !(await engine.answers())) return undefined;
  const market = { fixed: process.env['GRIDPACT_PORT_BASE'], ownRunning: false, isFree };
  const { base } = await choosePortBase('test', market);
  const stack = describeStack('test', base, 'compose', profileFolder('test'));
  const started = await engine.compose(dirname(COMPOSE_FILE), basename(COMPOSE_FILE), composeEnvironment(stack));
  try {
    await engine.prepare(stack);
  } catch (error) {
    await started.down();
    throw error;
  }
  return { stack, stop: () => started.down() };
}

const testcontainers: ContainerEngine = {
  async answers() {
    const { getContainerRuntimeClient } = await import('testcontainers');
    return getContainerRuntimeClient().then(
      () => true,
      () => false,
    );
  },
  async compose(folder, file, variables) {
    const { DockerComposeEnvironment, Wait } = await import('testcontainers');
    const environment = new DockerComposeEnvironment(folder, file)
      .withEnvironment(variables)
      .withWaitStrategy('kafka-1', Wait.forLogMessage(/Kafka Server started/))
      .withWaitStrategy('postgres-1', Wait.forHealthCheck());
    const started = await environment.up();
    return { down: async () => void (await started.down({ removeVolumes: true })) };
  },
  prepare: (stack) => ensureDatabase(stack),
};
