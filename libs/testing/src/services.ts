import { provision, release, type Stack } from '@gridpact/deploy';
import { contractTopics, ensureTopics } from '@gridpact/deploy';
import { containerServices, type ContainerEngine } from './container-services.ts';

/** Running services for tests, and how to give them back. */
export interface TestServices {
  /** Addresses and every user's password; plain JSON. */
  readonly stack: Stack;
  /** Stops what was started for this run, unless another run still uses it. */
  stop(): Promise<void>;
}

/**
 * Starts Kafka, PostgreSQL, Redis and Mosquitto for tests, with the users, rights and topics of a real system: in
 * containers where an engine answers, as native processes otherwise. Both run the same configuration.
 */
export async function startServices(engine?: ContainerEngine): Promise<TestServices> {
  const services = (await containerServices(engine)) ?? (await nativeServices());
  await ensureTopics(services.stack, await contractTopics());
  return services;
}

async function nativeServices(): Promise<TestServices> {
  const options = { profile: 'test', hold: 'leased' } as const;
  return { stack: await provision(options), stop: () => release(options) };
}
