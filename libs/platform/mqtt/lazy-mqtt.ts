import { setTimeout as delay } from 'node:timers/promises';
import mqtt, { type MqttClient } from 'mqtt';
import type { ServiceConfig } from '../config/index.js';
import type { Logger } from '../telemetry/index.js';

const CONNECT_TIMEOUT_MS = 5_000;
const RECONNECT_MS = 500;
/** Longest that a message waits for somebody to listen. */
const MAX_HOLD_MS = 10_000;
const HOLD_STEP_MS = 5;
/** The broker keeps what comes for a service that is away for so long. */
const SESSION_EXPIRY_S = 86_400;

/** The variables that reach the MQTT broker. */
export type MqttAccess = Pick<
  ServiceConfig,
  'GRIDPACT_SERVICE' | 'GRIDPACT_MQTT_URL' | 'GRIDPACT_MQTT_USERNAME' | 'GRIDPACT_MQTT_PASSWORD'
>;

/** An MQTT connection that is opened when it is first asked for. */
export interface LazyMqtt {
  /** The connected client, MQTT 5; it reconnects by itself. Throws while there is no broker, and where there is to be none. */
  (): Promise<MqttClient>;
  /** Lets messages under way finish, then disconnects. */
  close(): Promise<void>;
}

/**
 * The session lasts over a reconnect (clean start off, client id of the service), so that what gateways publish at QoS 1
 * meanwhile is delivered afterwards. What the broker sends before anyone listens waits for the first listener.
 */
export function lazyMqtt(access: MqttAccess, log: Logger): LazyMqtt {
  let opened: Promise<MqttClient> | undefined;
  const open = async (): Promise<MqttClient> => {
    if (!access.GRIDPACT_MQTT_URL) throw new Error('this service has no GRIDPACT_MQTT_URL');
    const client = mqtt.connect(access.GRIDPACT_MQTT_URL, optionsOf(access));
    client.on('error', (error) => log.warn({ err: error }, 'mqtt connection failed'));
    client.on('offline', () => log.warn('mqtt broker is away'));
    holdUntilListened(client, log);
    await firstConnection(client);
    return client;
  };
  const connect = (): Promise<MqttClient> =>
    open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
  const close = async (): Promise<void> => {
    const client = await opened?.catch(() => undefined);
    await client?.endAsync();
  };
  return Object.assign(() => (opened ??= connect()), { close });
}

/** Resolves at the first connection; a broker that is away or refuses makes it throw, and asking again starts over. */
async function firstConnection(client: MqttClient): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  client.once('connect', () => resolve());
  client.once('error', reject);
  client.connect();
  try {
    await promise;
  } catch (error) {
    await client.endAsync(true);
    throw error;
  }
}

/**
 * A session's waiting messages come right behind the connection, before its opener could listen, and mqtt.js would drop
 * and acknowledge them. Its hook after each message holds the next one and the acknowledgement back meanwhile.
 */
function holdUntilListened(client: MqttClient, log: Logger): void {
  client.handleMessage = (packet, done) => {
    if (client.listenerCount('message') > 0) return done();
    void listenerWithin(client).then((isHeard) => {
      if (isHeard) client.emit('message', packet.topic, Buffer.from(packet.payload), packet);
      else log.warn({ topic: packet.topic }, 'mqtt message that nobody listens to was dropped');
      done();
    });
  };
}

async function listenerWithin(client: MqttClient): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < MAX_HOLD_MS; waitedMs += HOLD_STEP_MS) {
    if (client.listenerCount('message') > 0) return true;
    await delay(HOLD_STEP_MS);
  }
  return false;
}

function optionsOf(access: MqttAccess): mqtt.IClientOptions {
  const { GRIDPACT_MQTT_USERNAME: username, GRIDPACT_MQTT_PASSWORD: password } = access;
  return {
    clientId: access.GRIDPACT_SERVICE,
    clean: false,
    protocolVersion: 5,
    properties: { sessionExpiryInterval: SESSION_EXPIRY_S },
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: RECONNECT_MS,
    manualConnect: true,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}
