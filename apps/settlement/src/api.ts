import type { ApiDescription } from '@gridpact/platform/app';

/** What the OpenAPI document says of this service. */
export const api: ApiDescription = {
  title: 'Gridpact settlement',
  description: 'Settlement runs, disputes, the journal, payment orders, and the dossier that proves all of it.',
};
