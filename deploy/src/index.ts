export { appEnvironment, migrationEnvironment, playerEnvironment } from './app-environment.ts';
export { ledgerVkeyFile, partyFolder, publicFolder, serviceFolder, witnessesFile } from './party-files.ts';
export {
  APPS,
  appNamed,
  appUrl,
  builtApps,
  entryFile,
  PARTIES,
  SIGNING_PARTIES,
  WITNESSING_PARTIES,
  type App,
  type Party,
  type PartyApp,
  type ServiceApp,
} from './apps.ts';
export { ensureSchemas, withDatabase } from './database-roles.ts';
export { COMPOSE_FILE, composeEnvironment } from './engine/compose.ts';
export {
  contractTopics,
  ensureTopics,
  kafkaClient,
  withKafkaAdmin,
  type TopicDeclaration,
  type TopicTable,
} from './kafka-rights.ts';
export { ensureDatabase } from './database-roles.ts';
export { provision, release, restartServer, SERVERS, type ProvisionOptions, type Server } from './provision.ts';
export { choosePortBase, isFree } from './ports.ts';
export { isReady, migrateApps, startApp, startApps, stopApp, stopApps } from './running-apps.ts';
export {
  ADMIN,
  describeStack,
  GATEWAYS,
  ownerOf,
  passwordFrom,
  postgresUrl,
  redisUrl,
  schemaOf,
  SCHEMAS,
  SERVICES,
  STAFF,
  type Passwords,
  type Service,
  type Stack,
} from './stack.ts';
export { CHECKOUT, profileFolder, type Profile } from './state-folder.ts';
export { bringDown, bringUp, build } from './system.ts';
export { FailedError, UnusableError } from './unusable-error.ts';
