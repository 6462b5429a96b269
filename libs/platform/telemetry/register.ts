import { startTelemetry } from './start.js';

/** Preload of every service: `node --import …/platform/dist/telemetry/register.js main.js`, so that drivers load traced. */
await startTelemetry(process.env['GRIDPACT_SERVICE'] ?? 'unnamed', process.env['OTEL_EXPORTER_OTLP_ENDPOINT']);
