import type { Stack } from '@gridpact/deploy';

declare module 'vitest' {
  interface ProvidedContext {
    /** The services of this run: `inject('stack')` in an integration test. */
    stack: Stack;
  }
}
