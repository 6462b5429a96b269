export * from './packs/example-invited.js';
export * from './rule-pack.js';
export * from './validate.js';
