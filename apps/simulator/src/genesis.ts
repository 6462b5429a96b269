import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { instantOf } from '@gridpact/kernel';
import { fetchJson } from '@gridpact/platform/http';
import { fileServiceSigner, remoteSigner } from '@gridpact/platform/signer';
import {
  type BodyOf,
  type KeySigner,
  type PublicJwk,
  type Signer,
  prepare,
  publicKeyOf,
  signStatement,
} from '@gridpact/statement';
import { z } from 'zod';
import { type PlayerEnv, readPlayerEnv } from './env.js';
import { Staff, patiently } from './staff/staff.js';

type Party = BodyOf<'log.genesis'>['parties'][number];

/** A founding party, and the signers with which it signs the genesis. */
interface Founder {
  readonly record: Party;
  readonly signers: readonly Signer[];
}

/** Services of the platform that sign statements or promises of their own; the power company operates them. */
const SIGNING_SERVICES = ['ledger', 'dispatcher', 'aggregator', 'ingest', 'settlement'] as const;
const OPERATOR = 'power-company';
const logView = z.object({ origin: z.string(), size: z.int() });
const clockView = z.object({ business: z.string() });
const sealed = z.object({ statement: z.string(), index: z.int() });

/**
 * The ceremony that opens a log: collects every founding party's public keys, has each party sign the same genesis
 * through its own signer, hands it to the ledger, and leaves a note of it. Opens no log twice.
 */
async function openLog(env: PlayerEnv): Promise<void> {
  const log = await patiently(() => fetchJson(`${env.GRIDPACT_LEDGER_URL}/v1/log`, { schema: logView }));
  const policy = await (await fetch(`${env.GRIDPACT_LEDGER_URL}/v1/policy`)).text();
  const founders = [...(await partiesOf(env)), await registryOf(env), ...(await servicesOf(env))];
  const { business } = await fetchJson(`${env.GRIDPACT_LEDGER_URL}/v1/clock`, { schema: clockView });
  const body = {
    origin: log.origin,
    environment: env.GRIDPACT_ENVIRONMENT,
    parties: founders.map(({ record }) => record),
    policy,
  };
  const prepared = prepare({
    type: 'log.genesis',
    at: instantOf(business),
    by: OPERATOR,
    subject: 'log',
    parents: [],
    body,
  });
  const statement = await signStatement(
    prepared,
    founders.flatMap(({ signers }) => signers),
  );
  const operator = Staff.of(env.GRIDPACT_ISSUER, env.GRIDPACT_PARTIES_DIR, OPERATOR, 'operator');
  const submission = { entry: Buffer.from(statement.entry).toString('base64'), audience: [] };
  const answer =
    log.size > 0
      ? null
      : await operator.ask(`${env.GRIDPACT_LEDGER_URL}/v1/statements?wait=receipt`, submission, sealed);
  const note = { statement: answer?.statement ?? null, origin: log.origin };
  const file = join(env.GRIDPACT_PUBLIC_DIR, 'genesis.json');
  writeFileSync(join(env.GRIDPACT_PUBLIC_DIR, 'policy'), policy);
  writeFileSync(`${file}.new`, `${JSON.stringify(note)}\n`);
  renameSync(`${file}.new`, file);
}

async function partiesOf(env: PlayerEnv): Promise<Founder[]> {
  return Promise.all([
    founder(
      'power-company',
      'power-company',
      env.GRIDPACT_SIGNER_POWER_COMPANY,
      ['operator', 'approver'],
      ['operator'],
    ),
    founder('aggregator-1', 'aggregator', env.GRIDPACT_SIGNER_AGGREGATOR_1, ['statements']),
    founder('aggregator-2', 'aggregator', env.GRIDPACT_SIGNER_AGGREGATOR_2, ['statements']),
    founder('aggregator-3', 'aggregator', env.GRIDPACT_SIGNER_AGGREGATOR_3, ['statements']),
    founder('regulator', 'regulator', env.GRIDPACT_SIGNER_REGULATOR, ['regulator']),
  ]);
}

async function founder(
  party: string,
  role: Party['role'],
  signer: string,
  uses: string[],
  signing = uses,
): Promise<Founder> {
  const [url = '', token = ''] = signer.split('|');
  const keys = await Promise.all(
    uses.map(async (use) => ({ use, signer: await remoteSigner({ url, token, key: use }) })),
  );
  return {
    record: { party, role, operator: null, keys: keys.map(({ use, signer: key }) => keyOf(key, use)) },
    signers: keys.filter(({ use }) => signing.includes(use)).map(({ signer: key }) => key),
  };
}

/** The registry is a service whose key vouches for users; its own signature stands under the genesis. */
async function registryOf(env: PlayerEnv): Promise<Founder> {
  const signer = await serviceSigner(env, 'identity');
  return {
    record: { party: 'registry', role: 'registry', operator: OPERATOR, keys: [keyOf(signer, 'registry')] },
    signers: [signer],
  };
}

async function servicesOf(env: PlayerEnv): Promise<Founder[]> {
  return Promise.all(
    SIGNING_SERVICES.map(async (service) => {
      const signer = await serviceSigner(env, service);
      return {
        record: { party: service, role: 'service' as const, operator: OPERATOR, keys: [keyOf(signer, 'service')] },
        signers: [],
      };
    }),
  );
}

function serviceSigner(env: PlayerEnv, service: string): Promise<KeySigner> {
  return fileServiceSigner(join(env.GRIDPACT_STATE_DIR, 'services', service), service);
}

function keyOf(signer: Signer & { readonly jwk: PublicJwk }, use: string): Party['keys'][number] {
  const { kid, suite, jwk } = publicKeyOf(signer, use);
  return { kid, suite, jwk: { ...jwk }, use };
}

await openLog(readPlayerEnv());
