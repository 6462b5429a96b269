import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TracerProvider,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';

/** Paths that probes and scrapers ask for every few seconds; a trace of each would drown the others. */
const UNTRACED_PATHS = /^\/(health|metrics)/;

let provider: TracerProvider | undefined;

/**
 * Starts tracing; call before any driver is imported (`telemetry/register`). Trace context always flows, from HTTP into
 * Kafka headers and back; spans are recorded and exported only when `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector.
 * The tracer is composed here since importing NodeSDK alone takes half a second, and a demo starts seven services.
 */
export async function startTelemetry(service: string, endpoint?: string): Promise<void> {
  if (provider) return;
  const root = endpoint ? new AlwaysOnSampler() : new AlwaysOffSampler();
  provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    sampler: new ParentBasedSampler({ root }),
    spanProcessors: endpoint ? [await exportingProcessor()] : [],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  registerInstrumentations({
    instrumentations: [httpInstrumentation(), new PgInstrumentation({ requireParentSpan: true })],
  });
}

/** Hands over what is recorded and stops tracing; bounded by the exporter's own timeout. */
export async function stopTelemetry(): Promise<void> {
  await provider?.shutdown();
}

async function exportingProcessor(): Promise<SpanProcessor> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  return new BatchSpanProcessor({ exporter: new OTLPTraceExporter() });
}

function httpInstrumentation(): HttpInstrumentation {
  return new HttpInstrumentation({
    ignoreIncomingRequestHook: (request) => UNTRACED_PATHS.test(request.url ?? ''),
  });
}
