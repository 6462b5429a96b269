import { isAbsolute, join } from 'node:path';
import { isKeyName } from '@gridpact/tlog';

/** What a witness needs to know, all from its environment. */
export interface WitnessConfig {
  readonly party: string;
  /** Folder of the party: key, verifier key, lock and remembered checkpoints. */
  readonly partyDir: string;
  readonly host: string;
  readonly port: number;
  /** File with the verifier key of one log a line. */
  readonly logsFile: string;
  /** Key name in cosignatures; unlike the folder it is public, and a policy may name it. */
  readonly name: string;
}

export const USAGE = `Usage: witness

Remembers the last checkpoint of each log it knows and cosigns only those that follow from it (c2sp.org/tlog-witness).

  POST /add-checkpoint              cosigns a checkpoint
  GET  /<sha256 of origin>/checkpoint  the last checkpoint it cosigned
  GET  /health/ready                200 once it serves

Environment:
  GRIDPACT_PARTY         the party that runs it, such as regulator
  GRIDPACT_PARTY_DIR     absolute path of the party's folder; made when missing
  GRIDPACT_HTTP_HOST     address to listen on (127.0.0.1)
  GRIDPACT_HTTP_PORT     port to listen on; 0 takes a free one
  GRIDPACT_WITNESS_LOGS  absolute path of a file with one log verifier key a line; read again whenever it changes
  GRIDPACT_WITNESS_NAME  name in cosignatures (<party>.witness.gridpact.local)
`;

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment, once; throws one error that names every variable that is missing or wrong. */
export function readConfig(env: Environment): WitnessConfig {
  const party = env['GRIDPACT_PARTY'] ?? '';
  const config: WitnessConfig = {
    party,
    partyDir: env['GRIDPACT_PARTY_DIR'] ?? '',
    host: env['GRIDPACT_HTTP_HOST'] ?? '127.0.0.1',
    port: Number(env['GRIDPACT_HTTP_PORT'] || Number.NaN),
    logsFile: env['GRIDPACT_WITNESS_LOGS'] ?? '',
    name: env['GRIDPACT_WITNESS_NAME'] ?? `${party}.witness.gridpact.local`,
  };
  const wrong = [
    /^[a-z0-9-]{1,64}$/.test(party) ? '' : 'GRIDPACT_PARTY must be letters, digits and hyphens',
    isAbsolute(config.partyDir) ? '' : 'GRIDPACT_PARTY_DIR must be an absolute path',
    config.host === '' ? 'GRIDPACT_HTTP_HOST must not be empty' : '',
    isPort(config.port) ? '' : 'GRIDPACT_HTTP_PORT must be a port from 0 to 65535',
    isAbsolute(config.logsFile) ? '' : 'GRIDPACT_WITNESS_LOGS must be an absolute path',
    isKeyName(config.name) ? '' : 'GRIDPACT_WITNESS_NAME must not be empty nor have spaces or plus signs',
  ].filter((sentence) => sentence !== '');
  if (wrong.length > 0) throw new Error(wrong.join('; '));
  return Object.freeze(config);
}

/** Paths inside the party's folder. */
export function pathsOf(partyDir: string) {
  return {
    key: join(partyDir, 'witness.key.pem'),
    vkey: join(partyDir, 'witness.vkey'),
    lock: join(partyDir, 'witness.lock'),
    checkpoints: join(partyDir, 'witness.checkpoints'),
  };
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}
