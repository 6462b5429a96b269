import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { APPS, appUrl, SIGNING_PARTIES, urlOf, type App, type Party, type PartyApp, type ServiceApp } from './apps.ts';
import {
  ledgerVkeyFile,
  partyFolder,
  publicFolder,
  serviceFolder,
  signerTokenFile,
  witnessesFile,
} from './party-files.ts';
import { GATEWAYS, ownerOf, passwordFrom, postgresUrl, redisUrl, schemaOf, type Service, type Stack } from './stack.ts';
import { CHECKOUT, writeWhole } from './state-folder.ts';

type Variables = Record<string, string>;

/** The rule bundle that settles programs, as the build leaves it. */
const RULE_BUNDLE = join(CHECKOUT, 'libs', 'domain', 'settlement', 'dist', 'contract.bundle.mjs');

/** All variables of one app as the design names them; an app gets no password of another. */
export function appEnvironment(stack: Stack, app: App): Variables {
  const common = {
    GRIDPACT_ENVIRONMENT: process.env['GRIDPACT_ENVIRONMENT'] ?? 'sandbox',
    GRIDPACT_HTTP_HOST: '127.0.0.1',
    GRIDPACT_HTTP_PORT: String(stack.ports.base + app.portOffset),
    GRIDPACT_SERVICE: app.name,
    GRIDPACT_PUBLIC_DIR: publicFolder(stack),
    GRIDPACT_LEDGER_VKEY_FILE: ledgerVkeyFile(stack),
    ...forwarded('OTEL_EXPORTER_OTLP_ENDPOINT', 'GRIDPACT_LOG_LEVEL'),
  };
  return { ...common, ...(app.kind === 'service' ? serviceVariables(stack, app) : partyVariables(stack, app)) };
}

/** Variables of an app's migrations: the owner's URL and nothing of the runtime's. */
export function migrationEnvironment(stack: Stack, app: ServiceApp): Variables {
  const schema = schemaOf(app.name);
  const variables = {
    GRIDPACT_SERVICE: app.name,
    GRIDPACT_MIGRATION_DATABASE_URL: postgresUrl(stack, ownerOf(schema)),
  };
  if (app.name !== 'ledger') return variables;
  return { ...variables, GRIDPACT_LOCK_MIGRATION_DATABASE_URL: postgresUrl(stack, ownerOf('ledger_lock')) };
}

/** Variables of the simulator and of the command line: addresses, gateways' passwords, the parties' folders. */
export function playerEnvironment(stack: Stack): Variables {
  const gatewaysFile = join(stack.stateDir, 'gateways.json');
  const gateways = Object.entries(stack.mqtt.users).filter(([user]) => user.startsWith('gw-'));
  writeWhole(gatewaysFile, `${JSON.stringify(Object.fromEntries(gateways))}\n`);
  return {
    GRIDPACT_ENVIRONMENT: 'sandbox',
    GRIDPACT_STATE_DIR: stack.stateDir,
    GRIDPACT_PARTIES_DIR: join(stack.stateDir, 'parties'),
    GRIDPACT_PHONES_DIR: join(stack.stateDir, 'phones'),
    GRIDPACT_PUBLIC_DIR: publicFolder(stack),
    GRIDPACT_LEDGER_VKEY_FILE: ledgerVkeyFile(stack),
    GRIDPACT_GATEWAYS_FILE: gatewaysFile,
    GRIDPACT_MQTT_URL: stack.mqtt.url,
    GRIDPACT_ISSUER: urlOf(stack.ports.base, 'identity'),
    ...Object.fromEntries(APPS.map((app) => [`GRIDPACT_${upper(app.name)}_URL`, appUrl(stack.ports.base, app)])),
    ...signerVariables(stack, SIGNING_PARTIES),
  };
}

function serviceVariables(stack: Stack, app: ServiceApp): Variables {
  return {
    GRIDPACT_STATE_DIR: serviceFolder(stack, app.name),
    ...(app.database ? { GRIDPACT_DATABASE_URL: postgresUrl(stack, schemaOf(app.name)) } : {}),
    GRIDPACT_KAFKA_BROKERS: stack.kafka.brokers,
    GRIDPACT_KAFKA_USERNAME: app.name,
    GRIDPACT_KAFKA_PASSWORD: passwordFrom(stack.kafka.users, app.name),
    ...(app.redis ? { GRIDPACT_REDIS_URL: redisUrl(stack, app.name) } : {}),
    ...(app.mqtt ? mqttVariables(stack, app.name) : {}),
    GRIDPACT_ISSUER: urlOf(stack.ports.base, 'identity'),
    GRIDPACT_CLIENT_ID: app.name,
    GRIDPACT_CLIENT_SECRET: passwordFrom(stack.clients, app.name),
    ...Object.fromEntries(app.peers.map((peer) => [`GRIDPACT_${upper(peer)}_URL`, urlOf(stack.ports.base, peer)])),
    ...signerVariables(stack, app.signers),
    ...OWN_VARIABLES[app.name]?.(stack),
  };
}

/** What only one service needs. */
const OWN_VARIABLES: Readonly<Partial<Record<Service, (stack: Stack) => Variables>>> = {
  ledger: (stack) => ({
    GRIDPACT_LOCK_DATABASE_URL: postgresUrl(stack, 'ledger_lock'),
    GRIDPACT_WITNESSES: witnessesFile(stack),
  }),
  identity: (stack) => ({ GRIDPACT_CLIENT_SEED_FILE: join(serviceFolder(stack, 'identity'), 'clients.json') }),
  dispatcher: () => ({ GRIDPACT_RULE_BUNDLE: RULE_BUNDLE, GRIDPACT_DISPATCH_GATEWAYS: GATEWAYS.join(',') }),
  settlement: () => ({ GRIDPACT_RULE_BUNDLE: RULE_BUNDLE }),
};

function partyVariables(stack: Stack, app: PartyApp): Variables {
  const own: Variables = { GRIDPACT_PARTY: app.party, GRIDPACT_PARTY_DIR: partyFolder(stack, app.party) };
  if (app.kind === 'witness') return { ...own, GRIDPACT_WITNESS_LOGS: ledgerVkeyFile(stack) };
  signerTokenFile(stack, app.party);
  return { ...own, GRIDPACT_SIGNER_KEYS: keyUses(app.party).join(',') };
}

/** Keys that a party's signer keeps: the power company's two people sign an event together. */
function keyUses(party: Party): readonly string[] {
  if (party === 'power-company') return ['operator', 'approver'];
  return party === 'regulator' ? ['regulator'] : ['statements'];
}

function mqttVariables(stack: Stack, user: string): Variables {
  return {
    GRIDPACT_MQTT_URL: stack.mqtt.url,
    GRIDPACT_MQTT_USERNAME: user,
    GRIDPACT_MQTT_PASSWORD: passwordFrom(stack.mqtt.users, user),
  };
}

function signerVariables(stack: Stack, parties: readonly string[]): Variables {
  return Object.fromEntries(
    parties.map((party) => {
      const token = readFileSync(signerTokenFile(stack, party), 'utf8').trim();
      return [`GRIDPACT_SIGNER_${upper(party)}`, `${urlOf(stack.ports.base, `signer-${party}`)}|${token}`];
    }),
  );
}

function forwarded(...names: string[]): Variables {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

function upper(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
