import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { APPS, appNamed, appUrl, SIGNING_PARTIES, type App, type PartyApp, type ServiceApp } from './apps.ts';
import { ownerOf, passwordFrom, postgresUrl, redisUrl, schemaOf, type Stack } from './stack.ts';
import { passwordOf, writeWhole } from './state-folder.ts';

type Variables = Record<string, string>;

/** Folder in which a party keeps its keys; only its own processes get it. */
export function partyFolder(stack: Stack, party: string): string {
  return join(stack.stateDir, 'parties', party);
}

/** Folder of a service's own key and files. */
export function serviceFolder(stack: Stack, service: string): string {
  return join(stack.stateDir, 'services', service);
}

/** Public key of the log as a note verifier key; written when the log is opened. */
export function ledgerVkeyFile(stack: Stack): string {
  return join(stack.stateDir, 'public', 'ledger.vkey');
}

/** Folder of what everybody may read: the log's key, the witness policy, the genesis statement. */
export function publicFolder(stack: Stack): string {
  return join(stack.stateDir, 'public');
}

/** Bearer token with which services ask a party's signer; kept in the party's folder. */
export function signerTokenFile(stack: Stack, party: string): string {
  const path = join(partyFolder(stack, party), 'signer.token');
  if (!existsSync(path)) writeWhole(path, passwordOf(tokenSecret(stack), 'signer', party));
  return path;
}

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
    GRIDPACT_ISSUER: urlOf(stack, 'identity'),
    ...Object.fromEntries(APPS.map((app) => [`GRIDPACT_${upper(app.name)}_URL`, appUrl(stack.ports.base, app)])),
    ...signerVariables(stack, SIGNING_PARTIES),
  };
}

function serviceVariables(stack: Stack, app: ServiceApp): Variables {
  const clientsFile = join(serviceFolder(stack, 'identity'), 'clients.json');
  if (app.name === 'identity') writeWhole(clientsFile, `${JSON.stringify(stack.clients)}\n`);
  return {
    GRIDPACT_STATE_DIR: serviceFolder(stack, app.name),
    GRIDPACT_DATABASE_URL: postgresUrl(stack, schemaOf(app.name)),
    ...(app.name === 'ledger' ? { GRIDPACT_LOCK_DATABASE_URL: postgresUrl(stack, 'ledger_lock') } : {}),
    GRIDPACT_KAFKA_BROKERS: stack.kafka.brokers,
    GRIDPACT_KAFKA_USERNAME: app.name,
    GRIDPACT_KAFKA_PASSWORD: passwordFrom(stack.kafka.users, app.name),
    ...(app.redis ? { GRIDPACT_REDIS_URL: redisUrl(stack, app.name) } : {}),
    ...(app.mqtt ? mqttVariables(stack, app.name) : {}),
    GRIDPACT_ISSUER: urlOf(stack, 'identity'),
    GRIDPACT_CLIENT_ID: app.name,
    GRIDPACT_CLIENT_SECRET: passwordFrom(stack.clients, app.name),
    ...(app.name === 'identity' ? { GRIDPACT_CLIENTS_FILE: clientsFile } : {}),
    ...Object.fromEntries(app.peers.map((peer) => [`GRIDPACT_${upper(peer)}_URL`, urlOf(stack, peer)])),
    ...signerVariables(stack, app.signers),
  };
}

function partyVariables(stack: Stack, app: PartyApp): Variables {
  const token = app.kind === 'signer' ? { GRIDPACT_SIGNER_TOKEN_FILE: signerTokenFile(stack, app.party) } : {};
  return { GRIDPACT_PARTY: app.party, GRIDPACT_PARTY_DIR: partyFolder(stack, app.party), ...token };
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
      return [`GRIDPACT_SIGNER_${upper(party)}`, `${urlOf(stack, `signer-${party}`)}|${token}`];
    }),
  );
}

function urlOf(stack: Stack, name: string): string {
  return appUrl(stack.ports.base, appNamed(name));
}

/** Tokens are derived from a secret that no app gets. */
function tokenSecret(stack: Stack): string {
  return readFileSync(join(stack.stateDir, 'secret'), 'utf8').trim();
}

function forwarded(...names: string[]): Variables {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

function upper(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
