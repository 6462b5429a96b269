import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig, serviceEnv, signerVariable } from './index.js';

const good = {
  GRIDPACT_ENVIRONMENT: 'sandbox',
  GRIDPACT_SERVICE: 'ledger',
  GRIDPACT_STATE_DIR: '/state',
  GRIDPACT_HTTP_PORT: '7401',
  GRIDPACT_DATABASE_URL: 'postgres://ledger:secret@127.0.0.1:7433/gridpact',
  GRIDPACT_KAFKA_BROKERS: '127.0.0.1:7431,127.0.0.1:7432',
  GRIDPACT_KAFKA_USERNAME: 'ledger',
  GRIDPACT_KAFKA_PASSWORD: 'secret',
  GRIDPACT_ISSUER: 'http://127.0.0.1:7402',
};

describe('a configuration', () => {
  it('is parsed once and frozen', () => {
    const config = parseConfig(serviceEnv, good);

    expect(config.GRIDPACT_HTTP_PORT).toBe(7401);
    expect(config.GRIDPACT_KAFKA_BROKERS).toEqual(['127.0.0.1:7431', '127.0.0.1:7432']);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('names every bad variable at once, and no value', () => {
    const bad = {
      ...good,
      GRIDPACT_HTTP_PORT: '70000',
      GRIDPACT_SERVICE: '',
      GRIDPACT_DATABASE_URL: 'mysql://root:hunter2@x/y',
    };
    const refusal = refusalOf(bad);

    expect(refusal.problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'GRIDPACT_DATABASE_URL',
      'GRIDPACT_HTTP_PORT',
      'GRIDPACT_SERVICE',
    ]);
    expect(refusal.message).toContain('GRIDPACT_SERVICE: is missing');
    expect(refusal.message).not.toContain('hunter2');
    expect(refusal.message).not.toContain('70000');
  });

  it('reads a signer as url and token', () => {
    const env = serviceEnv.extend({ GRIDPACT_SIGNER_POWER_COMPANY: signerVariable });
    const config = parseConfig(env, { ...good, GRIDPACT_SIGNER_POWER_COMPANY: 'http://127.0.0.1:7421|abc' });

    expect(config.GRIDPACT_SIGNER_POWER_COMPANY).toEqual({ url: 'http://127.0.0.1:7421', token: 'abc' });
  });
});

function refusalOf(env: Record<string, string>): ConfigError {
  try {
    parseConfig(serviceEnv, env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error('was not refused');
}
