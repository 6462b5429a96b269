export { PlatformModule, type PlatformOptions } from './platform.module.js';
export { Readiness, type ReadinessCheck } from './readiness.js';
export { runService, type ServiceOptions } from './run-service.js';
export { createServiceApp, listen } from './service-app.js';
export { writeOpenApi, type ApiDescription } from './openapi.js';
export * from './tokens.js';
