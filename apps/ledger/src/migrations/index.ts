import { platformMigrations } from '@gridpact/platform/postgres';
import { LedgerBodies0000000001002 } from './bodies.js';
import { LedgerLock0000000001001 } from './lock.js';
import { LedgerLog0000000001001 } from './log.js';

/** Schema of the ledger, in order. */
export const ledgerMigrations = [...platformMigrations, LedgerLog0000000001001, LedgerBodies0000000001002] as const;

/** Schema of the checkpoint lock, in a store of its own. */
export const lockMigrations = [LedgerLock0000000001001] as const;
