import { describe, expect, it } from 'vitest';
import { aggregatorConfig } from './config.js';

const env = {
  GRIDPACT_ENVIRONMENT: 'sandbox',
  GRIDPACT_SERVICE: 'aggregator',
  GRIDPACT_STATE_DIR: '/nowhere',
  GRIDPACT_HTTP_PORT: '7404',
  GRIDPACT_KAFKA_BROKERS: '127.0.0.1:7431',
  GRIDPACT_KAFKA_USERNAME: 'aggregator',
  GRIDPACT_KAFKA_PASSWORD: 'secret',
  GRIDPACT_ISSUER: 'http://127.0.0.1:7402',
  GRIDPACT_IDENTITY_URL: 'http://127.0.0.1:7402',
  GRIDPACT_LEDGER_URL: 'http://127.0.0.1:7401',
};

describe('the configuration', () => {
  it('makes a tenant of every party that has a signer', () => {
    const config = aggregatorConfig({ ...env, GRIDPACT_SIGNER_AGGREGATOR_1: 'http://127.0.0.1:7422|t0ken' });
    expect([...config.signers]).toEqual([['aggregator-1', { url: 'http://127.0.0.1:7422', token: 't0ken' }]]);
  });

  it('names a bad signer, but not its value, and refuses to serve nobody', () => {
    expect(() => aggregatorConfig({ ...env, GRIDPACT_SIGNER_AGGREGATOR_1: 'oops' })).toThrow(
      /^bad configuration:\n {2}GRIDPACT_SIGNER_AGGREGATOR_1: must be url\|token$/,
    );
    expect(() => aggregatorConfig(env)).toThrow(/GRIDPACT_SIGNER_<PARTY>/);
  });
});
