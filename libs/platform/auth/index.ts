export { AccessTokens } from './access-tokens.js';
export { AuthGuard } from './auth-guard.js';
export { Caller, callerOf } from './caller.js';
export { Public, Roles, type Role } from './decorators.js';
export { IssuerKeys, type TokenVerifier } from './issuer.js';
