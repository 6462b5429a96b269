import type { ApiDescription } from '@gridpact/platform/app';

/** What the OpenAPI document says of itself. */
export const api: ApiDescription = {
  title: 'Gridpact identity',
  description: 'OpenID Connect issuer (see /.well-known/openid-configuration), enrolment codes and registrations.',
};
