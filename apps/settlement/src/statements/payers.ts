import { randomBytes } from 'node:crypto';
import { SALT_BYTES, prepare, signStatement, type Draft, type Signer, type Statement } from '@gridpact/statement';
import { POWER_COMPANY } from '../config.js';

type PayerType = 'dispute.resolved' | 'payment.ordered';

/** Finds the signer of one key of a party, by the key's use; undefined for a party that has none here. */
export type SignerOf = (party: string, use: string) => Promise<Signer> | undefined;

/** Speaks for the parties that owe money: each one's own signer signs, this process never holds their keys. */
export class Payers {
  private readonly known = new Map<string, Signer>();

  constructor(private readonly signerOf: SignerOf) {}

  /** Signs with the operator's key of the power company, or the statements key of an aggregator. Throws without one. */
  async say<T extends PayerType>(saying: Omit<Draft<T>, 'salt'>): Promise<Statement<T>> {
    const salt = randomBytes(SALT_BYTES);
    return signStatement(prepare({ ...saying, salt }), [await this.signer(saying.by)]);
  }

  private async signer(party: string): Promise<Signer> {
    const use = party === POWER_COMPANY ? 'operator' : 'statements';
    const signer = this.known.get(party) ?? (await this.signerOf(party, use));
    if (!signer) throw new Error(`no signer is configured for ${party}`);
    this.known.set(party, signer);
    return signer;
  }
}
