import { watch } from 'node:fs';
import { join } from 'node:path';
import { bringUp, build } from '../system.ts';
import { CHECKOUT } from '../state-folder.ts';
import { FailedError } from '../unusable-error.ts';

const SETTLE_MS = 300;
const WATCHED = ['apps', 'libs'];
const SOURCE = /\.(ts|json|sql)$/;
const GENERATED = /(^|\/)(dist|node_modules)\//;

/** `gridpact dev`: up, then builds after each change and restarts what the build changed, until Ctrl-C. */
export async function dev(): Promise<never> {
  await rebuild();
  let wake: () => void = () => undefined;
  let changed = false;
  for (const folder of WATCHED) {
    watch(join(CHECKOUT, folder), { recursive: true }, (_, file) => {
      if (!file || !SOURCE.test(file) || GENERATED.test(file)) return;
      changed = true;
      wake();
    });
  }
  for (;;) {
    if (!changed) await new Promise<void>((resolve) => (wake = resolve));
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    changed = false;
    await rebuild();
  }
}

/** A build that fails is shown and changes nothing that runs; the next change tries again. */
async function rebuild(): Promise<void> {
  try {
    await build();
    await bringUp({ profile: 'main' });
    process.stderr.write(
      'gridpact: watching apps/ and libs/ for changes; Ctrl-C ends the watch, `npm run down` the services\n',
    );
  } catch (error) {
    if (!(error instanceof FailedError)) throw error;
    process.stderr.write(`gridpact: ${error.message}\n`);
  }
}
