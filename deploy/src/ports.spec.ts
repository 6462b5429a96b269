import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { choosePortBase, isFree, type PortMarket } from './ports.ts';

describe('the port block of a profile', () => {
  it('is the default one when nothing is taken', async () => {
    expect(await choosePortBase('main', market())).toEqual({ base: 7400 });
    expect(await choosePortBase('test', market())).toEqual({ base: 7500 });
  });

  it('is the next free one when another program listens in it, and that is said', async () => {
    expect(await choosePortBase('main', market({ taken: [7433] }))).toEqual({ base: 7800, insteadOf: 7400 });
  });

  it('never overlaps that of another profile, however far it moves', async () => {
    const taken = [7401, 7501, 7601, 7701];
    const bases = await Promise.all(
      (['main', 'test', 'e2e', 'demo'] as const).map(
        async (profile) => (await choosePortBase(profile, market({ taken }))).base,
      ),
    );

    expect(bases).toEqual([7800, 7900, 8000, 8100]);
  });

  it('stays what it was while our own processes hold it', async () => {
    const own = market({ taken: [7733], remembered: 7700, ownRunning: true });

    expect(await choosePortBase('main', own)).toEqual({ base: 7700 });
  });

  it('is what the user fixed, with the other profiles in the blocks after it', async () => {
    expect(await choosePortBase('main', market({ fixed: '9000' }))).toEqual({ base: 9000 });
    expect(await choosePortBase('e2e', market({ fixed: '9000' }))).toEqual({ base: 9200 });
  });

  it('is refused with one sentence when the user fixed a block that is taken', async () => {
    await expect(choosePortBase('main', market({ fixed: '9000', taken: [9035] }))).rejects.toThrow(
      'Port 9035 is taken by another program: set GRIDPACT_PORT_BASE to another number or unset it.',
    );
  });

  it('is refused when the user fixed something that is no port', async () => {
    for (const fixed of ['80', '70000', 'many', '7400.5']) {
      await expect(choosePortBase('main', market({ fixed }))).rejects.toThrow('set it to a whole number');
    }
  });

  it('cannot be changed while our own processes run on another', async () => {
    const moving = market({ fixed: '9000', remembered: 7400, ownRunning: true });

    await expect(choosePortBase('main', moving)).rejects.toThrow('run `npm run down` before changing it');
  });
});

it('a port is free until somebody listens on it', async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });

  expect(await isFree(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await isFree(port)).toBe(true);
});

function market(given: Partial<Omit<PortMarket, 'isFree'>> & { taken?: number[] } = {}): PortMarket {
  const { taken = [], ...rest } = given;
  return { ownRunning: false, ...rest, isFree: (port) => Promise.resolve(!taken.includes(port)) };
}
