import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  context,
  isSpanContextValid,
  propagation,
  trace,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api';

const TRACER = '@gridpact/platform';

/** How a span joins its trace: headers of one parent, headers of messages it only relates to, and its kind. */
export interface SpanOptions {
  readonly parent?: Readonly<Record<string, string>>;
  readonly links?: readonly Readonly<Record<string, string>>[];
  readonly kind?: 'internal' | 'producer' | 'consumer' | 'client';
}

const KINDS = {
  internal: SpanKind.INTERNAL,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
} as const;

/** Trace id (W3C, 32 hex digits) of the running work; undefined outside any trace. */
export function currentTraceId(): string | undefined {
  const active = trace.getActiveSpan()?.spanContext();
  return active && isSpanContextValid(active) ? active.traceId : undefined;
}

/** Headers (W3C `traceparent`, `tracestate`) that carry the running trace to another process; empty outside any. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  return headers;
}

/** The trace that headers carry, as a context to start spans in; the root context when they carry none. */
export function extractTrace(headers: Readonly<Record<string, string>>): Context {
  return propagation.extract(context.active(), headers);
}

/** Runs work that outlives the running trace, such as opening a shared connection, outside it. */
export function untraced<T>(fn: () => T): T {
  return context.with(ROOT_CONTEXT, fn);
}

/** Runs work inside a span of its own; a throw is recorded on the span and passed on. */
export async function withSpan<T>(
  name: string,
  attributes: Attributes,
  fn: () => Promise<T>,
  options: SpanOptions = {},
): Promise<T> {
  const parent = options.parent ? extractTrace(options.parent) : context.active();
  const settings = { attributes, kind: KINDS[options.kind ?? 'internal'], links: linksOf(options.links ?? []) };
  return trace.getTracer(TRACER).startActiveSpan(name, settings, parent, (span) => endingSpan(span, fn));
}

async function endingSpan<T>(span: Span, fn: () => Promise<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    span.recordException(error instanceof Error ? error : String(error));
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

function linksOf(
  carriers: readonly Readonly<Record<string, string>>[],
): { context: ReturnType<Span['spanContext']> }[] {
  return carriers
    .map((headers) => trace.getSpanContext(extractTrace(headers)))
    .filter((spanContext) => spanContext !== undefined)
    .map((spanContext) => ({ context: spanContext }));
}
