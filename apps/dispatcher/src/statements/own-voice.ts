import { machineInstant, type Instant } from '@gridpact/kernel';
import type { MachineClock } from '@gridpact/platform/clock';
import {
  prepare,
  signPromise,
  signStatement,
  type Signer,
  type Statement,
  type StatementType,
} from '@gridpact/statement';
import type { Saying } from './power-company.js';

/** Within what a promised statement is sealed; a restart of broker and database fits in. */
const SEAL_WITHIN_MS = 10 * 60_000;

/** Speaks as the dispatcher itself, with the service's own key: dispatches, and promises of what it received. */
export class OwnVoice {
  constructor(
    private readonly party: string,
    private readonly signer: Signer,
    private readonly clock: MachineClock,
  ) {}

  /** Signs a statement of an open type. */
  say<T extends StatementType>(saying: Saying<T>): Promise<Statement<T>> {
    return signStatement(prepare({ ...saying, by: this.party }), [this.signer]);
  }

  /** Promises that a statement, received at a moment of business time, will be sealed soon. */
  promise(statement: string, receivedAt: Instant): Promise<Uint8Array> {
    const sealBy = machineInstant(this.clock.now() + SEAL_WITHIN_MS);
    return signPromise({ statement, receivedAt, sealBy, by: this.party }, this.signer);
  }
}
