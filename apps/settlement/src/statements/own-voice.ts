import { prepare, signStatement, type Draft, type Signer, type Statement } from '@gridpact/statement';

type RunType = 'settlement.computed' | 'settlement.revised' | 'settlement.final';

/** Speaks as the settlement service itself, with the service's own key: the results of runs and nothing else. */
export class OwnVoice {
  constructor(
    private readonly party: string,
    private readonly signer: Signer,
  ) {}

  say<T extends RunType>(saying: Omit<Draft<T>, 'by' | 'salt'>): Promise<Statement<T>> {
    return signStatement(prepare({ ...saying, by: this.party }), [this.signer]);
  }
}
