import { type Result, ok, refuse } from '@gridpact/kernel';
import { remoteSigner } from '@gridpact/platform/signer';
import type { Signer } from '@gridpact/statement';
import { Inject, Injectable } from '@nestjs/common';
import { AGGREGATOR_CONFIG, type AggregatorConfig } from '../config.js';

/** The signing key of an aggregator at its own signer. */
const KEY = 'statements';

/** The aggregators that we work for, and the signers that they run; their keys never come here. */
@Injectable()
export class Signers {
  private readonly signers = new Map<string, Promise<Signer>>();

  constructor(@Inject(AGGREGATOR_CONFIG) private readonly config: AggregatorConfig) {}

  /** Party ids of the aggregators that we work for. */
  tenants(): readonly string[] {
    return [...this.config.signers.keys()];
  }

  /** The tenant that a party is; refused when this service does not work for it. */
  tenant(party: string): Result<string, 'unknown_tenant'> {
    if (this.config.signers.has(party)) return ok(party);
    return refuse('unknown_tenant', `this service does not work for ${party}`);
  }

  /** Signer of a tenant; a failed first contact is not kept. Throws for a party that is no tenant. */
  of(tenant: string): Promise<Signer> {
    const address = this.config.signers.get(tenant);
    if (!address) throw new Error(`no signer for ${tenant}`);
    const known = this.signers.get(tenant) ?? remoteSigner({ ...address, key: KEY });
    this.signers.set(tenant, known);
    known.catch(() => this.signers.delete(tenant));
    return known;
  }
}
