import { SERVICES, type Stack } from '@gridpact/deploy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { moneyOf, playEvent, type Outcome } from '../e2e/play.ts';
import { closeSandbox, freshSandbox } from '../e2e/sandbox.ts';
import { rowsAtRest } from '../e2e/footprint.ts';
import { replayEverything } from './replay.ts';
import { killsOf, restartOf, under } from './strikes.ts';

const SEED = 'faults';

let stack: Stack;
let undisturbed: Outcome;

beforeAll(async () => {
  stack = await freshSandbox();
  undisturbed = await playEvent(stack);
});
afterAll(() => closeSandbox());

describe('the event of one seed', () => {
  it('stays as it is when every consumer reads every message again', async () => {
    const before = await rowsAtRest(stack);
    const again = await replayEverything(stack);
    expect(again).toBeGreaterThan(BigInt(undisturbed.log.size));
    expect(await rowsAtRest(stack)).toEqual(before);
  });

  it('pays the same to the fen when each service is killed once while it runs', async () => {
    stack = await freshSandbox();
    const { played, struck } = await under(killsOf(stack, SEED), (phaseOver) => playEvent(stack, phaseOver));
    expect(struck.sort()).toEqual(SERVICES.map((service) => `kill ${service}`).sort());
    expect(moneyOf(played)).toEqual(moneyOf(undisturbed));
  });

  it('pays the same to the fen when PostgreSQL and Kafka restart in its middle', async () => {
    stack = await freshSandbox();
    const strikes = [restartOf(stack, 'postgres', 3), restartOf(stack, 'kafka', 5)];
    const { played, struck } = await under(strikes, (phaseOver) => playEvent(stack, phaseOver));
    expect(struck).toEqual(['restart postgres', 'restart kafka']);
    expect(moneyOf(played)).toEqual(moneyOf(undisturbed));
  });
});
