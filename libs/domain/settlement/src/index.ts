export * from './contract.js';
export * from './inputs.js';
export * from './journal.js';
export * from './line.js';
export * from './outputs.js';
export * from './resettlement.js';
export * from './rules.js';
export { sealedDays } from './run.js';
export { settleEvent, totalsOf } from './settle.js';
