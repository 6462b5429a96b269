export * from './allot.js';
export * from './rational.js';
export * from './result.js';
export * from './time.js';
export * from './units.js';
export * from './zone.js';
