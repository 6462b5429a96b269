import { Evidence } from '@gridpact/dossier';
import { parseStatement } from '@gridpact/statement';
import { Injectable } from '@nestjs/common';
import { LedgerReader, type LedgerStatement } from '../ledger/ledger-reader.js';
import { uniqueStatements } from '../runs/run-evidence.js';

/** Statements about the log itself, which every dossier carries: who its parties are and which keys speak for them. */
const OF_THE_LOG = ['log.genesis', 'party.registered', 'key.granted', 'key.revoked'] as const;
/** Longest chain of parents from an event's statements back to the genesis. */
const MAX_GENERATIONS = 64;

/** Collects the public chain of an event: every statement that its dossier names, and all that those follow from. */
@Injectable()
export class ChainReader {
  constructor(private readonly ledger: LedgerReader) {}

  /** The chain in log order, with the bodies that this service may open. */
  async chain(event: string): Promise<LedgerStatement[]> {
    const [own, announced, ...log] = await Promise.all([
      this.ledger.list({ subject: event }),
      this.ledger.list({ type: 'event.announced' }),
      ...OF_THE_LOG.map((type) => this.ledger.list({ type })),
    ]);
    const program = programOf(own);
    const others = announced.filter((one) => programOf([one]) === program);
    const programs = program === undefined ? [] : await this.ledger.list({ subject: program });
    const closed = await this.closure(uniqueStatements([...log.flat(), ...programs, ...others, ...own]));
    return closed.sort((a, b) => a.index - b.index);
  }

  /** Openings that the ledger itself grants the bearer of a token, by leaf hash. */
  async granted(
    event: string,
    chain: readonly LedgerStatement[],
    token: string,
  ): Promise<Map<string, LedgerStatement['opening']>> {
    const elsewhere = chain.filter(({ subject, entry }) => subject !== event && isCommitted(entry));
    const views = await Promise.all([
      this.ledger.list({ subject: event }, token),
      this.ledger.all(
        elsewhere.map(({ statement }) => statement),
        token,
      ),
    ]);
    return new Map(views.flat().flatMap(({ statement, opening }) => (opening ? [[statement, opening] as const] : [])));
  }

  private async closure(statements: LedgerStatement[]): Promise<LedgerStatement[]> {
    const known = new Map(statements.map((one) => [one.statement, one]));
    let newest = statements;
    for (let generation = 0; newest.length > 0; generation += 1) {
      if (generation === MAX_GENERATIONS) throw new RangeError('the chain of parents does not end');
      const parents = new Set(newest.flatMap(({ entry }) => parentsOf(entry)));
      newest = await this.ledger.all([...parents].filter((parent) => !known.has(parent)));
      for (const one of newest) known.set(one.statement, one);
    }
    return [...known.values()];
  }
}

/** Leaf hashes that a statement names as its parents. */
export function parentsOf(entry: string): readonly string[] {
  return envelopeOf(entry).parents;
}

function isCommitted(entry: string): boolean {
  return 'commitment' in envelopeOf(entry).body;
}

function envelopeOf(entry: string) {
  const parsed = parseStatement(new Uint8Array(Buffer.from(entry, 'base64')));
  if (!parsed.ok) throw new Error(`the ledger gave what is no statement: ${parsed.refusal.detail}`);
  return parsed.value.envelope;
}

function programOf(statements: readonly LedgerStatement[]): string | undefined {
  const announced = Evidence.of(statements.filter(({ type }) => type === 'event.announced'));
  return announced.ok ? announced.value.opened('event.announced')[0]?.body.program : undefined;
}
