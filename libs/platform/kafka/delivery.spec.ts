import { topic as declareTopic } from '@gridpact/contracts';
import { currentTraceId, logger, startTelemetry } from '../telemetry/index.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Poison } from './dead-letter.js';
import { deliver, type DeliveryPorts } from './delivery.js';
import { RetryLater } from './failure.js';

const topic = declareTopic({ name: 'test.thing.v1', summary: '', key: 'k', schema: z.strictObject({ n: z.int() }) });
const log = logger('test');
log.level = 'silent';

describe('a delivery', () => {
  it('gives a message that was sent twice once, in its first place', async () => {
    const seen: number[] = [];
    await deliver(ports(collecting(seen)), [record(1, 'a'), record(2, 'b'), record(1, 'a'), record(3, 'c')]);

    expect(seen).toEqual([1, 2, 3]);
  });

  it('names a message without an id by where it stands', async () => {
    const ids: string[] = [];
    const taking: DeliveryPorts['handler'] = ({ messages }) =>
      Promise.resolve(void ids.push(...messages.map(({ id }) => id)));
    await deliver(ports(taking), [record(7, undefined)]);

    expect(ids).toEqual(['test.thing.v1/0/7']);
  });

  it('tries a whole batch three times, halves once, and the last one alone three times more', async () => {
    const sizes: number[] = [];
    const poison: Poison[] = [];
    const failing: DeliveryPorts['handler'] = ({ messages }) => {
      sizes.push(messages.length);
      return messages.some(({ id }) => id === 'd') ? Promise.reject(new Error('d')) : Promise.resolve();
    };
    const records = ['a', 'b', 'c', 'd'].map((id, n) => record(n, id));
    await deliver(ports(failing, poison), records);

    expect(sizes).toEqual([4, 4, 4, 2, 2, 1, 1, 1, 1]);
    expect(poison.map(({ detail }) => detail)).toEqual(['d']);
  });

  it('passes a transient failure on at once and buries nothing', async () => {
    const poison: Poison[] = [];
    let calls = 0;
    const away: DeliveryPorts['handler'] = () => {
      calls += 1;
      return Promise.reject(new RetryLater('database away'));
    };

    await expect(deliver(ports(away, poison), [record(1, 'a')])).rejects.toThrow('database away');
    expect([calls, poison]).toEqual([1, []]);
  });

  it("runs in its message's trace", async () => {
    await startTelemetry('test');
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const traced = Object.assign(record(1, 'a'), { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
    const traces: (string | undefined)[] = [];
    await deliver(
      ports(() => Promise.resolve(void traces.push(currentTraceId()))),
      [traced],
    );

    expect(traces).toEqual([traceId]);
  });

  it('fails as a whole when a dead letter cannot be stored, so that the message comes again', async () => {
    const broken = Object.assign(record(1, 'a'), { value: Buffer.from('{') });
    const settings = { ...ports(() => Promise.resolve()), deadLetter: () => Promise.reject(new Error('broker away')) };
    await expect(deliver(settings, [broken])).rejects.toThrow('broker away');
  });
});

function ports(handler: DeliveryPorts['handler'], poison: Poison[] = []): DeliveryPorts {
  const deadLetter = (letter: Poison): Promise<void> => Promise.resolve(void poison.push(letter));
  return { topic, partition: 0, handler, deadLetter, log, signal: new AbortController().signal };
}

function collecting(seen: number[]): DeliveryPorts['handler'] {
  return ({ messages }) => Promise.resolve(void seen.push(...messages.map(({ value }) => (value as { n: number }).n)));
}

function record(n: number, id: string | undefined): Parameters<typeof deliver>[1][number] {
  return {
    key: Buffer.from('k'),
    value: Buffer.from(JSON.stringify({ n })),
    headers: id === undefined ? {} : { 'ce-id': Buffer.from(id) },
    offset: String(n),
    timestamp: '0',
    attributes: 0,
  };
}
