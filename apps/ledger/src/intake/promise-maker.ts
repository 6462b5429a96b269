import { machineInstant } from '@gridpact/kernel';
import type { BusinessClock, MachineClock } from '@gridpact/platform/clock';
import { type KeySigner, type SignedPromise, parsePromise, signPromise } from '@gridpact/statement';

/** A statement received now is covered by a cosigned checkpoint within this machine time, or the promise is broken. */
export const SEAL_WITHIN_MS = 60_000;

/** A promise of the ledger itself, as bytes and as read. */
export interface OwnPromise {
  readonly bytes: Uint8Array;
  readonly signed: SignedPromise;
}

/** Promises for statements that come straight to the ledger, under its own service key. */
export class PromiseMaker {
  constructor(
    private readonly signer: KeySigner,
    private readonly party: string,
    private readonly business: BusinessClock,
    private readonly machine: MachineClock,
  ) {}

  /** Key that signs the promises. */
  get kid(): string {
    return this.signer.kid;
  }

  /** Promises that the statement was received now. */
  async promise(leafHash: string): Promise<OwnPromise> {
    const sealBy = machineInstant(this.machine.now() + SEAL_WITHIN_MS);
    const said = { statement: leafHash, receivedAt: this.business.now(), sealBy, by: this.party };
    const bytes = await signPromise(said, this.signer);
    const signed = parsePromise(bytes);
    if (!signed.ok) throw new Error(`own promise does not parse: ${signed.refusal.detail}`);
    return { bytes, signed: signed.value };
  }
}
