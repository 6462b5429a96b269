import type { TestProject } from 'vitest/node';
import { startServices } from './services.ts';

/** vitest's global set-up of the integration tests: starts the services once and gives every test file their addresses. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const services = await startServices();
  project.provide('stack', services.stack);
  return () => services.stop();
}
