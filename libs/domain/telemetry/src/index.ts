export * from './estimation.js';
export * from './frame.js';
export * from './record.js';
export * from './series-root.js';
export * from './vee.js';
