import type { ApiDescription } from '@gridpact/platform/app';

/** What the OpenAPI document says of this service. */
export const api: ApiDescription = {
  title: 'Gridpact dispatcher',
  description: 'Programs, DR events, clearing and dispatch of the power company; OpenADR 3.1.1 for VENs.',
};
