import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES, type Service } from './stack.ts';
import { CHECKOUT } from './state-folder.ts';

/** A service of the platform as it is started. */
export interface ServiceApp {
  readonly kind: 'service';
  readonly name: Service;
  /** Folder under `apps`. */
  readonly app: string;
  readonly portOffset: number;
  /** Has a schema of its own. */
  readonly database: boolean;
  readonly redis: boolean;
  readonly mqtt: boolean;
  /** Services it calls; it gets GRIDPACT_<PEER>_URL of each. */
  readonly peers: readonly Service[];
  /** Parties whose signer it may ask; it gets GRIDPACT_SIGNER_<PARTY>. */
  readonly signers: readonly SigningParty[];
}

/** A process that one party runs for itself; it sees that party's folder and no other. */
export interface PartyApp {
  readonly kind: 'witness' | 'signer';
  readonly name: string;
  readonly app: 'witness' | 'signer';
  readonly party: Party;
  readonly portOffset: number;
}
export type App = ServiceApp | PartyApp;

/** Parties of the fresh install, each with keys in a folder of its own. */
export const PARTIES = ['power-company', 'aggregator-1', 'aggregator-2', 'aggregator-3', 'regulator'] as const;
export type Party = (typeof PARTIES)[number];

/** Parties whose key signs through a signer process. */
export const SIGNING_PARTIES = PARTIES;
export type SigningParty = Party;

const AGGREGATORS = ['aggregator-1', 'aggregator-2', 'aggregator-3'] as const;

/** Parties that run a witness. */
export const WITNESSING_PARTIES = ['power-company', 'aggregator-1', 'regulator'] as const satisfies readonly Party[];

const WITNESS_PORT = 11;
const SIGNER_PORT = 21;

/** Every process of a running system beside the four services, in the order in which they start. */
export const APPS: readonly App[] = [
  ...WITNESSING_PARTIES.map((party, index) => partyApp('witness', party, WITNESS_PORT + index)),
  ...SIGNING_PARTIES.map((party, index) => partyApp('signer', party, SIGNER_PORT + index)),
  service('ledger', 1, { peers: ['identity'] }),
  service('identity', 2, { redis: true, peers: ['ledger', 'aggregator'] }),
  service('dispatcher', 3, {
    redis: true,
    mqtt: true,
    peers: ['ledger', 'identity', 'aggregator', 'ingest', 'settlement'],
    signers: ['power-company'],
  }),
  service('aggregator', 4, {
    redis: true,
    peers: ['ledger', 'identity', 'dispatcher', 'ingest', 'settlement'],
    signers: AGGREGATORS,
  }),
  service('ingest', 5, { redis: true, mqtt: true, peers: ['ledger', 'identity', 'aggregator'] }),
  service('settlement', 6, {
    peers: ['ledger', 'identity', 'dispatcher', 'aggregator', 'ingest'],
    signers: ['power-company', ...AGGREGATORS],
  }),
  service('mobile-api', 7, { database: false, redis: true, peers: SERVICES.filter((name) => name !== 'mobile-api') }),
];

/** The app's entry file once it is built; apps that are not are left out of a start. */
export function entryFile(app: App): string {
  return join(CHECKOUT, 'apps', app.app, 'dist', 'main.js');
}

/** The app's migrations; undefined where it has none. */
export function migrationFile(app: App): string | undefined {
  const file = join(CHECKOUT, 'apps', app.app, 'dist', 'migrate.js');
  return existsSync(file) ? file : undefined;
}

/** Apps that are built. */
export function builtApps(): App[] {
  return APPS.filter((app) => existsSync(entryFile(app)));
}

/** Base URL of an app on a port base. */
export function appUrl(base: number, app: Pick<App, 'portOffset'>): string {
  return `http://127.0.0.1:${base + app.portOffset}`;
}

/** The app of a name; throws when the table has none. */
export function appNamed(name: string): App {
  const found = APPS.find((app) => app.name === name);
  if (!found) throw new Error(`no app is named ${name}`);
  return found;
}

/** Base URL of the app of a name. */
export function urlOf(base: number, name: string): string {
  return appUrl(base, appNamed(name));
}

type ServiceNeeds = Partial<Pick<ServiceApp, 'database' | 'redis' | 'mqtt' | 'peers' | 'signers'>>;

function service(name: Service, portOffset: number, needs: ServiceNeeds): ServiceApp {
  return {
    kind: 'service',
    name,
    app: name,
    portOffset,
    database: true,
    redis: false,
    mqtt: false,
    peers: [],
    signers: [],
    ...needs,
  };
}

function partyApp(kind: PartyApp['kind'], party: Party, portOffset: number): PartyApp {
  return { kind, name: `${kind}-${party}`, app: kind, party, portOffset };
}
