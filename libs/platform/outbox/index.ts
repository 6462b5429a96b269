export { onceOnly } from './inbox.js';
export { Outbox, type OutboxMessage } from './outbox.js';
export { OutboxRelay } from './relay.js';
export { platformMigrations } from '../postgres/index.js';
