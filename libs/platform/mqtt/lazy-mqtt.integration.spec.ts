import { passwordFrom } from '@gridpact/testing';
import mqtt from 'mqtt';
import { describe, expect, inject, it, vi } from 'vitest';
import { logger } from '../telemetry/index.js';
import { lazyMqtt } from './index.js';

const stack = inject('stack');
const log = logger('platform-test');
log.level = 'silent';
const TOPIC = 'gridpact/v1/gw-98/frames';

describe('a lazy MQTT connection', () => {
  it('gets, after it was away, what came at QoS 1 meanwhile', async () => {
    const access = accessOf(`platform-test-${process.pid}`);
    const first = lazyMqtt(access, log);
    await (await first()).subscribeAsync(TOPIC, { qos: 1 });
    await first.close();
    await publish('while it was away');

    const second = lazyMqtt(access, log);
    const client = await second();
    const heard: string[] = [];
    client.on('message', (_, payload) => heard.push(payload.toString('utf8')));
    await vi.waitFor(() => expect(heard).toContain('while it was away'), 10_000);
    await second.close();
  });

  it('can be asked again after the broker refused it', async () => {
    const access = { ...accessOf('platform-test-refused'), GRIDPACT_MQTT_PASSWORD: 'wrong' };
    const refused = lazyMqtt(access, log);
    await expect(refused()).rejects.toThrow(/not authorized/i);
    access.GRIDPACT_MQTT_PASSWORD = accessOf('x').GRIDPACT_MQTT_PASSWORD ?? '';

    expect((await refused()).connected).toBe(true);
    await refused.close();
  });

  it('tells a service without one', async () => {
    await expect(lazyMqtt({ GRIDPACT_SERVICE: 'ledger' }, log)()).rejects.toThrow('GRIDPACT_MQTT_URL');
  });
});

function accessOf(service: string): Parameters<typeof lazyMqtt>[0] {
  return {
    GRIDPACT_SERVICE: service,
    GRIDPACT_MQTT_URL: stack.mqtt.url,
    GRIDPACT_MQTT_USERNAME: 'ingest',
    GRIDPACT_MQTT_PASSWORD: passwordFrom(stack.mqtt.users, 'ingest'),
  };
}

async function publish(text: string): Promise<void> {
  const password = passwordFrom(stack.mqtt.users, 'gw-98');
  const gateway = await mqtt.connectAsync(stack.mqtt.url, { username: 'gw-98', password, protocolVersion: 5 });
  await gateway.publishAsync(TOPIC, text, { qos: 1 });
  await gateway.endAsync();
}
