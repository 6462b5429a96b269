import {
  type DossierContent,
  type DossierSeries,
  type DossierStatement,
  Evidence,
  type EventFacts,
  factsOf,
  runsOf,
  writeDossier,
} from '@gridpact/dossier';
import { type Result, ok, refuse } from '@gridpact/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { SETTLEMENT_CONFIG, type SettlementConfig } from '../config.js';
import { LedgerReader, type LedgerStatement } from '../ledger/ledger-reader.js';
import { ruleBundle } from '../runs/rule-bundle.js';
import { daysOf } from '../runs/run-evidence.js';
import { SeriesReader } from '../series/series-reader.js';
import { ChainReader } from './chain-reader.js';
import { DossierLines, type HeldLine } from './dossier-lines.js';
import { type Holder, openableBy } from './cut.js';

/** Why there is no dossier to hand out. */
export type DossierRefusal = 'unknown_event' | 'not_settled' | 'not_sealed_yet' | 'evidence_broken' | 'bundle_mismatch';

interface Chain {
  readonly statements: readonly LedgerStatement[];
  readonly evidence: Evidence;
  readonly facts: EventFacts;
}

/** Puts dossiers together: the public chain, and what its holder may open. */
@Injectable()
export class DossierService {
  constructor(
    private readonly chains: ChainReader,
    private readonly lines: DossierLines,
    private readonly ledger: LedgerReader,
    private readonly readings: SeriesReader,
    @Inject(SETTLEMENT_CONFIG) private readonly config: SettlementConfig,
  ) {}

  /** The dossier's text; `token` is the holder's own, for the bodies that the ledger grants it. */
  async dossier(event: string, holder: Holder, token: string): Promise<Result<string, DossierRefusal>> {
    const lines = await this.lines.of(event, holder);
    if (!lines.ok) return lines;
    const chain = await this.chain(event);
    if (!chain.ok) return chain;
    const bundle = await ruleBundle(this.config.GRIDPACT_RULE_BUNDLE, chain.value.facts.program.bundleSha256);
    if (!bundle.ok) return bundle;
    const [statements, policy, series] = await Promise.all([
      this.statements(event, chain.value, holder, token),
      this.ledger.policy(),
      this.series(event, chain.value, lines.value),
    ]);
    if (!statements.ok) return statements;
    const content: DossierContent = {
      ...{ v: 1, event, holder, policy, statements: statements.value },
      ...{ batchItems: lines.value.map(({ item }) => item), series, bundle: bundle.value },
    };
    return ok(writeDossier(content));
  }

  private async chain(event: string): Promise<Result<Chain, 'evidence_broken'>> {
    const statements = await this.chains.chain(event);
    const evidence = Evidence.of(statements);
    if (!evidence.ok) return refuse('evidence_broken', `${evidence.refusal.code}: ${evidence.refusal.detail}`);
    const facts = factsOf(evidence.value, event);
    if (!facts.ok) return refuse('evidence_broken', `${facts.refusal.code}: ${facts.refusal.detail}`);
    return ok({ statements, evidence: evidence.value, facts: facts.value });
  }

  private async statements(
    event: string,
    { statements, evidence }: Chain,
    holder: Holder,
    token: string,
  ): Promise<Result<DossierStatement[], 'not_sealed_yet'>> {
    const receipts = await this.ledger.receipts(statements.map(({ statement }) => statement));
    if (!receipts) return refuse('not_sealed_yet', 'a statement of the event is not covered by a checkpoint yet');
    const granted = await this.chains.granted(event, statements, token);
    const isOpenable = openableBy(holder, evidence);
    return ok(
      statements.map(({ statement, entry, index, promise, opening }) => {
        const sealed = evidence.find(statement);
        const own = sealed && isOpenable(sealed) ? opening : undefined;
        const opens = own ?? granted.get(statement);
        const receipt = receipts.get(statement) ?? '';
        return { entry, index, receipt, ...(opens && { opening: opens }), ...(promise && { promise }) };
      }),
    );
  }

  /** Parts of the meters of these lines, under the commitments that runs name. */
  private async series(
    event: string,
    { evidence, facts }: Chain,
    lines: readonly HeldLine[],
  ): Promise<DossierSeries[]> {
    const used = new Set(runsOf(evidence, event).flatMap(({ statement }) => statement.envelope.parents));
    const meters = [...new Set(lines.map(({ meter }) => meter))].sort();
    const parts = await this.readings.parts(meters, daysOf(facts).span);
    return [...parts.values()].flat().filter(({ statement }) => used.has(statement));
  }
}
