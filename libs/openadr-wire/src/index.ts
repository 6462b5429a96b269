export * from './event.js';
export * from './fields.js';
export * from './problem.js';
export * from './program.js';
export * from './report.js';
export * from './search.js';
export * from './values.js';
