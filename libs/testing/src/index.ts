import './provided-context.ts';

export { containerServices, type ContainerEngine } from './container-services.ts';
export { freshDatabase, type FreshDatabase } from './fresh-database.ts';
export { startServices, type TestServices } from './services.ts';
export {
  ADMIN,
  kafkaClient,
  passwordFrom,
  postgresUrl,
  redisUrl,
  restartServer,
  withDatabase,
  withKafkaAdmin,
  type Stack,
} from '@gridpact/deploy';
