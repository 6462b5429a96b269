export * from './bodies/event.js';
export * from './bodies/fields.js';
export * from './bodies/party.js';
export * from './bodies/settlement.js';
export * from './bodies/telemetry.js';
export * from './types.js';
