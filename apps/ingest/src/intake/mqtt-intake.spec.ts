import { instantOf } from '@gridpact/kernel';
import { logger } from '@gridpact/platform/telemetry';
import type { MqttClient } from 'mqtt';
import { describe, expect, it, vi } from 'vitest';
import type { KnownClock } from '../known-clock.js';
import type { ArrivedFrame, FrameProducer } from './frame-producer.js';
import { MqttIntake } from './mqtt-intake.js';

const log = logger('ingest-test');
log.level = 'silent';
const NOW = instantOf('2026-07-15T00:00:00.000Z');

describe('a frame from MQTT', () => {
  it('is acknowledged once Kafka has it, not while it has not', async () => {
    const broker = brokerThat('waits');
    broker.publish(1);
    await vi.waitFor(() => expect(broker.asked).toEqual([[1]]));
    expect(broker.answers).toEqual([]);
    broker.release();
    await vi.waitFor(() => expect(broker.answers).toEqual([{ seq: 1, outcome: 'accepted' }]));
  });

  it('is tried again when Kafka fails, and acknowledged only then', async () => {
    const broker = brokerThat('fails once');
    broker.publish(1);
    await vi.waitFor(() => expect(broker.asked).toHaveLength(1));
    expect(broker.answers).toEqual([]);
    await vi.waitFor(() => expect(broker.answers).toEqual([{ seq: 1, outcome: 'accepted' }]), 3_000);
    expect(broker.asked).toEqual([[1], [1]]);
  });

  it('stays unacknowledged when too much waits already', async () => {
    const broker = brokerThat('waits');
    for (let seq = 0; seq < 5_200; seq += 1) broker.publish(seq);
    broker.release();
    await vi.waitFor(() => expect(broker.answers.length).toBe(5_000), 5_000);
  });

  it('is refused at once when it is another gateway’s or none', () => {
    const broker = brokerThat('waits');
    broker.publish(7, 'gw-02');
    broker.publishText('{"seq": 8, "v": 9}');
    broker.publishText('no frame');
    expect(broker.answers).toMatchObject([
      { seq: 7, outcome: 'refused', code: 'gateway_foreign' },
      { seq: 8, outcome: 'refused', code: 'frame_schema' },
      { seq: null, outcome: 'refused', code: 'not_json' },
    ]);
  });
});

/** An intake between a gateway and a Kafka whose answers are given by hand. */
function brokerThat(behaviour: 'waits' | 'fails once') {
  const answers: unknown[] = [];
  const asked: number[][] = [];
  const gate = Promise.withResolvers<void>();
  const produce = async (frames: readonly ArrivedFrame[]): Promise<void> => {
    asked.push(frames.map(({ frame }) => frame.seq));
    if (behaviour === 'waits') await gate.promise;
    else if (asked.length === 1) throw new Error('no broker');
  };
  const client = {
    publish: (_topic: string, payload: string) => answers.push(JSON.parse(payload)),
  } as unknown as MqttClient;
  const clock = { now: () => Promise.resolve(NOW) } as unknown as KnownClock;
  const mqtt = Object.assign(() => Promise.resolve(client), { close: () => Promise.resolve() });
  const intake = new MqttIntake({ produce } as unknown as FrameProducer, clock, mqtt, log);
  const publishText = (text: string): void => intake.arrive(client, 'gridpact/v1/gw-01/frames', Buffer.from(text));
  const publish = (seq: number, gateway = 'gw-01'): void => publishText(JSON.stringify(frameOf(seq, gateway)));
  return { answers, asked, publish, publishText, release: () => gate.resolve() };
}

function frameOf(seq: number, gateway: string) {
  const reading = { meter: 'm-1', start: '2026-07-14T23:00:00.000Z', stepMs: 3_600_000, energyMicroKwh: '5' };
  return { v: 1, gateway, seq, sentAt: '2026-07-15T00:00:00.000Z', readings: [{ ...reading, quality: 'raw' }] };
}
