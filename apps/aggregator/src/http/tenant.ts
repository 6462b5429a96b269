import { granted } from '@gridpact/platform/http';
import type { Caller } from '@gridpact/platform/auth';
import { STATUS } from './refusal-status.js';
import type { Signers } from '../parties/signers.js';

/** The tenant for which a member of staff acts: the party in its token, if this service works for it. */
export function tenantOf(signers: Signers, caller: Caller): string {
  return granted(signers.tenant(caller.party), STATUS);
}
