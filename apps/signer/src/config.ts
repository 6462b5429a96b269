import { isAbsolute } from 'node:path';
import { isKeyUse, KEY_USES, type KeyUse } from './signing-rules.js';

/** What a signer needs to know, all from its environment. */
export interface SignerConfig {
  readonly party: string;
  /** Folder of the party: keys, bearer token, audit file. */
  readonly partyDir: string;
  readonly host: string;
  readonly port: number;
  readonly uses: readonly KeyUse[];
  /** In production no sandbox clock is ever signed. */
  readonly production: boolean;
}

export const USAGE = `Usage: signer

Keeps the statement keys of one party and signs with them, but only what that party may say with that key.

  GET  /v1/keys        the public keys
  POST /v1/signatures  {use, signingInput, opening?} -> {kid, signature}
  GET  /health/ready   200 once it serves

Requests to /v1 carry "Authorization: Bearer <token>", the token being in signer.token in the party's folder.

Environment:
  GRIDPACT_PARTY        the party whose keys these are, such as aggregator-1
  GRIDPACT_PARTY_DIR    absolute path of the party's folder; made when missing
  GRIDPACT_HTTP_HOST    address to listen on (127.0.0.1)
  GRIDPACT_HTTP_PORT    port to listen on; 0 takes a free one
  GRIDPACT_SIGNER_KEYS  comma list of key uses: ${KEY_USES.join(', ')}
  GRIDPACT_ENVIRONMENT  sandbox (default) or production, which never signs clock.set
`;

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment, once; throws one error that names every variable that is missing or wrong. */
export function readConfig(env: Environment): SignerConfig {
  const names = (env['GRIDPACT_SIGNER_KEYS'] ?? '').split(',').map((name) => name.trim());
  const environment = env['GRIDPACT_ENVIRONMENT'] ?? 'sandbox';
  const config: SignerConfig = {
    party: env['GRIDPACT_PARTY'] ?? '',
    partyDir: env['GRIDPACT_PARTY_DIR'] ?? '',
    host: env['GRIDPACT_HTTP_HOST'] ?? '127.0.0.1',
    port: Number(env['GRIDPACT_HTTP_PORT'] || Number.NaN),
    uses: names.filter(isKeyUse),
    production: environment === 'production',
  };
  const wrong = [
    /^[a-z0-9][a-z0-9.-]{0,63}$/.test(config.party) ? '' : 'GRIDPACT_PARTY must be a party id',
    isAbsolute(config.partyDir) ? '' : 'GRIDPACT_PARTY_DIR must be an absolute path',
    config.host === '' ? 'GRIDPACT_HTTP_HOST must not be empty' : '',
    isPort(config.port) ? '' : 'GRIDPACT_HTTP_PORT must be a port from 0 to 65535',
    names.every(isKeyUse) ? '' : `GRIDPACT_SIGNER_KEYS must list some of ${KEY_USES.join(', ')}`,
    ['sandbox', 'production'].includes(environment) ? '' : 'GRIDPACT_ENVIRONMENT must be sandbox or production',
  ].filter((sentence) => sentence !== '');
  if (wrong.length > 0) throw new Error(wrong.join('; '));
  return Object.freeze(config);
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}
