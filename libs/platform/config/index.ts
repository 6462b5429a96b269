export { ConfigError, parseConfig } from './parse-config.js';
export { migrationEnv, serviceEnv, signerVariable, type ServiceConfig, type SignerAddress } from './service-env.js';
