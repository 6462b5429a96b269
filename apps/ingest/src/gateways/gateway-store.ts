import { MS_PER_HOUR, MS_PER_MINUTE, type Result, ok, refuse } from '@gridpact/kernel';
import { objectId } from '@gridpact/contracts';
import { inTransaction, rows, type Transaction } from '@gridpact/platform/postgres';
import { ED25519_KEY_BYTES, fromBase64Url } from '@gridpact/tlog';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';

/** Gateways in one request, and meters of one gateway. */
const MAX_GATEWAYS = 100;
const MAX_METERS = 10_000;

/** Steps that fill an hour, so that no interval crosses a local midnight. */
const stepMs = z
  .int()
  .min(MS_PER_MINUTE)
  .refine((step) => MS_PER_HOUR % step === 0, 'steps that fill an hour');
const publicKey = z.string().refine(isPublicKey, 'an Ed25519 public key in base64url');

const meterProfile = z.strictObject({
  meter: objectId,
  stepMs,
  maximumWatt: z.string().regex(/^[1-9]\d{0,17}$/, 'a positive decimal integer in a string'),
});
const gatewayProfile = z.strictObject({
  gateway: objectId,
  jwk: z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: publicKey }),
  meters: z.array(meterProfile).min(1).max(MAX_METERS),
});

/** Gateways to register, each with its device's public key and the meters behind it. */
export const newGateways = z.strictObject({ gateways: z.array(gatewayProfile).min(1).max(MAX_GATEWAYS) });
export type NewGateways = z.infer<typeof newGateways>;
export type GatewayProfile = z.infer<typeof gatewayProfile>;

/** Why a gateway is not registered. */
export type GatewayRefusal = 'gateway_foreign' | 'gateway_key_differs' | 'meter_bound' | 'meter_differs';

/** A meter's registration as validation needs it. */
export interface RegisteredMeter {
  readonly meter: string;
  readonly gateway: string;
  readonly stepMs: number;
  readonly maximumWatt: bigint;
}

/** The register of gateways and meters. */
@Injectable()
export class GatewayStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Registers gateways and adds meters to them; all of it or nothing. The same request again changes nothing. */
  register(party: string, gateways: readonly GatewayProfile[]): Promise<Result<number, GatewayRefusal>> {
    return inTransaction(this.dataSource, async (tx) => {
      let meters = 0;
      for (const gateway of gateways) {
        const registered = await registerOne(tx, party, gateway);
        if (!registered.ok) throw new Refused(registered);
        meters += gateway.meters.length;
      }
      return ok(meters);
    }).catch((error: unknown) => {
      if (error instanceof Refused) return error.outcome;
      throw error;
    });
  }

  /** A party's gateways with their number of meters. */
  list(party: string): Promise<{ gateway: string; meters: number }[]> {
    const sql = `SELECT g.gateway, count(m.meter)::int AS meters FROM gateway g LEFT JOIN meter m USING (gateway)
                 WHERE g.party = $1 GROUP BY 1 ORDER BY 1`;
    return this.dataSource.query(sql, [party]);
  }

  /** The party that registered a gateway. */
  async ownerOf(gateway: string): Promise<string | undefined> {
    const sql = 'SELECT party FROM gateway WHERE gateway = $1';
    const [found] = await rows<{ party: string }>(this.dataSource, sql, [gateway]);
    return found?.party;
  }

  /** Device keys of gateways, by gateway: raw Ed25519 public keys in base64url. */
  async keys(tx: Transaction, gateways: readonly string[]): Promise<Map<string, string>> {
    const found = await rows<{ gateway: string; x: string }>(
      tx,
      `SELECT gateway, jwk->>'x' AS x FROM gateway WHERE gateway = ANY($1)`,
      [gateways],
    );
    return new Map(found.map(({ gateway, x }) => [gateway, x]));
  }

  /** Registrations of meters, by meter. */
  async meters(tx: Transaction, meters: readonly string[]): Promise<Map<string, RegisteredMeter>> {
    const found = await rows<{ meter: string; gateway: string; step_ms: number; maximum_watt: string }>(
      tx,
      'SELECT meter, gateway, step_ms, maximum_watt FROM meter WHERE meter = ANY($1)',
      [meters],
    );
    return new Map(
      found.map(({ meter, gateway, step_ms, maximum_watt }) => [
        meter,
        { meter, gateway, stepMs: step_ms, maximumWatt: BigInt(maximum_watt) },
      ]),
    );
  }
}

class Refused extends Error {
  constructor(readonly outcome: Result<number, GatewayRefusal>) {
    super('refused');
  }
}

/** Writes first and compares then: whoever was first stands, and a concurrent request waits for its row. */
async function registerOne(
  tx: Transaction,
  party: string,
  { gateway, jwk, meters }: GatewayProfile,
): Promise<Result<true, GatewayRefusal>> {
  const insert = 'INSERT INTO gateway (gateway, party, jwk) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING';
  await rows(tx, insert, [gateway, party, jwk]);
  const select = `SELECT party, jwk->>'x' AS x FROM gateway WHERE gateway = $1`;
  const [known] = await rows<{ party: string; x: string }>(tx, select, [gateway]);
  if (known?.party !== party) return refuse('gateway_foreign', `gateway ${gateway} belongs to another party`);
  if (known.x !== jwk.x) return refuse('gateway_key_differs', `gateway ${gateway} is registered with another key`);
  return bindMeters(tx, gateway, meters);
}

async function bindMeters(
  tx: Transaction,
  gateway: string,
  meters: GatewayProfile['meters'],
): Promise<Result<true, GatewayRefusal>> {
  const columns = [
    meters.map(({ meter }) => meter),
    meters.map(({ stepMs }) => stepMs),
    meters.map(({ maximumWatt }) => maximumWatt),
    gateway,
  ];
  const wanted = 'unnest($1::text[], $2::int[], $3::numeric[]) AS w (meter, step_ms, maximum_watt)';
  await rows(
    tx,
    `INSERT INTO meter (meter, step_ms, maximum_watt, gateway) SELECT w.*, $4 FROM ${wanted} ON CONFLICT DO NOTHING`,
    columns,
  );
  const [other] = await rows<{ meter: string; gateway: string }>(
    tx,
    `SELECT m.meter, m.gateway FROM ${wanted} JOIN meter m USING (meter)
     WHERE m.gateway <> $4 OR m.step_ms <> w.step_ms OR m.maximum_watt <> w.maximum_watt LIMIT 1`,
    columns,
  );
  if (!other) return ok(true);
  if (other.gateway === gateway) return refuse('meter_differs', `meter ${other.meter} is registered otherwise`);
  return refuse('meter_bound', `meter ${other.meter} is bound to another gateway`);
}

function isPublicKey(text: string): boolean {
  try {
    return fromBase64Url(text).length === ED25519_KEY_BYTES;
  } catch {
    return false;
  }
}
