export { lazyMqtt, type LazyMqtt, type MqttAccess } from './lazy-mqtt.js';
