import { type Instant, machineInstant } from '@gridpact/kernel';
import { MACHINE_CLOCK } from '@gridpact/platform/app';
import type { MachineClock } from '@gridpact/platform/clock';
import { type Signer, signPromise } from '@gridpact/statement';
import { Inject, Injectable } from '@nestjs/common';

/** This service's own key; it signs promises and nothing else. */
export const SERVICE_SIGNER = Symbol('SERVICE_SIGNER');
/** Party of this service in the log. */
const SERVICE_PARTY = 'aggregator';
/** How long the log may take to seal what we promised: long enough for a lost quorum to come back. */
export const SEAL_WITHIN_MS = 600_000;

/** A statement that was taken, and the promise that it will be sealed. */
export interface Acknowledged {
  readonly statement: string;
  /** base64 of the promise's JWS. */
  readonly promise: string;
}

/** Answers deadline-bound statements at once. */
@Injectable()
export class Promises {
  constructor(
    @Inject(SERVICE_SIGNER) private readonly signer: Signer,
    @Inject(MACHINE_CLOCK) private readonly clock: MachineClock,
  ) {}

  /** Signed promise, as bytes, that the statement arrived at a business time and will be sealed. */
  async make(statement: string, receivedAt: Instant): Promise<Uint8Array> {
    const sealBy = machineInstant(this.clock.now() + SEAL_WITHIN_MS);
    return signPromise({ statement, receivedAt, sealBy, by: SERVICE_PARTY }, this.signer);
  }
}

/** A promise as JSON carries it. */
export function promiseText(promise: Uint8Array): string {
  return Buffer.from(promise).toString('base64');
}
