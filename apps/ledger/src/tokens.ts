/** The assembled `LedgerParts`. */
export const LEDGER = Symbol('LEDGER');
