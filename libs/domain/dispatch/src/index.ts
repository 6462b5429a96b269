export * from './clearing.js';
export * from './confirmed.js';
export * from './disaggregation.js';
export * from './event.js';
export * from './nominations.js';
export * from './quantities.js';
export * from './terms.js';
export * from './transitions.js';
