import type { ApiDescription } from '@gridpact/platform/app';

/** Title and purpose of the ledger's HTTP API. */
export const api: ApiDescription = {
  title: 'Gridpact ledger',
  description: 'The one log: statements in, cosigned receipts out; tiles and checkpoint as C2SP tlog-tiles.',
};
