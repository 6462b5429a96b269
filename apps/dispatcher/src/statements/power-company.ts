import { randomBytes } from 'node:crypto';
import {
  prepare,
  SALT_BYTES,
  signStatement,
  STATEMENT_TYPES,
  type Draft,
  type Signer,
  type Statement,
  type StatementRule,
  type StatementType,
} from '@gridpact/statement';
import { POWER_COMPANY } from '../config.js';

/** What is said, without who says it and the salt that hides it. */
export type Saying<T extends StatementType> = Omit<Draft<T>, 'by' | 'salt'>;

/** Finds the signer of one key of the party, by the key's use. */
export type SignerOf = (use: string) => Promise<Signer>;

/** Speaks for the power company: its own signer signs, this process never holds its keys. */
export class PowerCompany {
  private readonly known = new Map<string, Signer>();

  constructor(private readonly signerOf: SignerOf) {}

  /** Signs with the operator's key, and with the approver's too where the type is under the rule of two people. */
  async say<T extends StatementType>(saying: Saying<T>): Promise<Statement<T>> {
    const rule: StatementRule = STATEMENT_TYPES[saying.type];
    const signers = await Promise.all((rule.uses ?? ['operator']).map((use) => this.signer(use)));
    return signStatement(prepare({ ...saying, by: POWER_COMPANY, ...hidden(rule) }), signers);
  }

  private async signer(use: string): Promise<Signer> {
    const signer = this.known.get(use) ?? (await this.signerOf(use));
    this.known.set(use, signer);
    return signer;
  }
}

function hidden(rule: StatementRule): { salt?: Uint8Array } {
  return rule.open ? {} : { salt: randomBytes(SALT_BYTES) };
}
