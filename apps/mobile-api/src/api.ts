import type { ApiDescription } from '@gridpact/platform/app';

/** What the OpenAPI document says of itself. */
export const api: ApiDescription = {
  title: 'Gridpact mobile',
  description: "The users' API: phones and the PWA. Statements are signed on the phone; this API only hands them on.",
};
