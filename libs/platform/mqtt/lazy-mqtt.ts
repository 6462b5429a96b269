import mqtt, { type MqttClient } from 'mqtt';
import type { ServiceConfig } from '../config/index.js';
import type { Logger } from '../telemetry/index.js';

const CONNECT_TIMEOUT_MS = 5_000;
const RECONNECT_MS = 500;

/** The variables that reach the MQTT broker. */
export type MqttAccess = Pick<
  ServiceConfig,
  'GRIDPACT_SERVICE' | 'GRIDPACT_MQTT_URL' | 'GRIDPACT_MQTT_USERNAME' | 'GRIDPACT_MQTT_PASSWORD'
>;

/** An MQTT connection that is opened when it is first asked for. */
export interface LazyMqtt {
  /** The connected client, MQTT 5; it reconnects and subscribes again by itself. Throws when the service was given none. */
  (): Promise<MqttClient>;
  /** Lets messages under way finish, then disconnects. */
  close(): Promise<void>;
}

/**
 * The session lasts over a reconnect (clean start off, client id of the service), so that what gateways publish at QoS 1
 * meanwhile is delivered afterwards.
 */
export function lazyMqtt(access: MqttAccess, log: Logger): LazyMqtt {
  let opened: Promise<MqttClient> | undefined;
  const connect = async (): Promise<MqttClient> => {
    if (!access.GRIDPACT_MQTT_URL) throw new Error('this service has no GRIDPACT_MQTT_URL');
    const client = await mqtt.connectAsync(access.GRIDPACT_MQTT_URL, optionsOf(access));
    client.on('error', (error) => log.warn({ err: error }, 'mqtt connection failed'));
    client.on('offline', () => log.warn('mqtt broker is away'));
    return client;
  };
  const close = async (): Promise<void> => {
    const client = await opened?.catch(() => undefined);
    await client?.endAsync();
  };
  return Object.assign(() => (opened ??= connect()), { close });
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
    manualConnect: false,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

/** The broker keeps what comes for a service that is away for so long. */
const SESSION_EXPIRY_S = 86_400;
