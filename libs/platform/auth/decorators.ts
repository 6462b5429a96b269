import { SetMetadata } from '@nestjs/common';

/** Roles that a token's `roles` claim may list. */
export type Role = 'operator' | 'approver' | 'aggregator' | 'user' | 'regulator' | 'service' | 'device';

export const PUBLIC = 'gridpact:public';
export const ROLES = 'gridpact:roles';

/** Admits requests without a token: what anyone may read. */
export const Public = (): ClassDecorator & MethodDecorator => SetMetadata(PUBLIC, true);

/** Admits callers that have one of these roles; on a method it replaces what stands on its class. */
export const Roles = (...roles: Role[]): ClassDecorator & MethodDecorator => SetMetadata(ROLES, roles);
