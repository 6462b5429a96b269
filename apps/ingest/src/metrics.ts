import { metrics } from '@gridpact/platform/telemetry';
import { Counter } from 'prom-client';

/** Frames by what became of them: acknowledged, refused on arrival, or rejected by the consumer (signature, clock). */
export const frameCount = new Counter({
  name: 'gridpact_ingest_frames_total',
  help: 'Frames by outcome',
  labelNames: ['outcome'] as const,
  registers: [metrics],
});

/** Readings by what they meant for their series. */
export const readingCount = new Counter({
  name: 'gridpact_ingest_readings_total',
  help: 'Readings by outcome: first, duplicate, correction, superseded, refused',
  labelNames: ['outcome'] as const,
  registers: [metrics],
});
