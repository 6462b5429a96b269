export * from './aggregator.js';
export * from './dispatcher.js';
export * from './fields.js';
export * from './ingest.js';
export * from './ledger.js';
export * from './settlement.js';
export * from './topic.js';
export * from './topics.js';
