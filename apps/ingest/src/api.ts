import type { ApiDescription } from '@gridpact/platform/app';

/** What the OpenAPI document says of this service. */
export const api: ApiDescription = {
  title: 'Gridpact ingest',
  description: 'Gateways, frames of readings, series and the commitments that seal them.',
};
