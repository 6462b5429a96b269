import { Worker } from 'node:worker_threads';

/** Bounds of one run of a sealed rule bundle: what it may take before it is ended. */
export const CONTRACT_TIMEOUT_MS = 120_000;
export const CONTRACT_MEMORY_MB = 1024;

/** Runs inside the worker: loads the bundle from its text, so that exactly the bytes that were hashed are what runs. */
const BOOT = `
const { parentPort, workerData } = require('node:worker_threads');
import('data:text/javascript;base64,' + Buffer.from(workerData.bundle, 'utf8').toString('base64'))
  .then((contract) => parentPort.postMessage({ outputs: contract.runContract(workerData.inputs) }))
  .catch((error) => parentPort.postMessage({ error: String(error) }));
`;

interface Answer {
  readonly outputs?: string;
  readonly error?: string;
}

/**
 * Runs a rule bundle's `runContract` over canonical inputs in a worker with bounds on time and memory and no
 * environment. Rejects when the bundle fails, exports no such function or exceeds a bound.
 */
export async function runInWorker(bundle: string, inputs: string): Promise<string> {
  const worker = new Worker(BOOT, {
    eval: true,
    execArgv: [],
    workerData: { bundle, inputs },
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: CONTRACT_MEMORY_MB },
  });
  try {
    return await answerOf(worker);
  } finally {
    await worker.terminate();
  }
}

function answerOf(worker: Worker): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const late = new Error(`the rule bundle ran longer than ${CONTRACT_TIMEOUT_MS} ms`);
  const timer = setTimeout(() => reject(late), CONTRACT_TIMEOUT_MS);
  worker.once('message', ({ outputs, error }: Answer) => {
    if (outputs === undefined) reject(new Error(error ?? 'the rule bundle gave no outputs'));
    else resolve(outputs);
  });
  worker.once('error', reject);
  worker.once('exit', (code) => reject(new Error(`the rule bundle ended its worker with code ${code}`)));
  return promise.finally(() => clearTimeout(timer));
}
