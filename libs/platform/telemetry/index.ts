export { logger, type Logger } from './logger.js';
export * from './metrics.js';
export { startTelemetry, stopTelemetry } from './start.js';
export { currentTraceId, extractTrace, traceHeaders, untraced, withSpan, type SpanOptions } from './trace.js';
