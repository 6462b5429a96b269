import type { RulePack } from '@gridpact/program';
import { AccessTokens } from '@gridpact/platform/auth';
import { LedgerClient, type StatementPage } from '@gridpact/platform/ledger-client';
import { isOfType, openBody, parseStatement } from '@gridpact/statement';
import { Inject, Injectable } from '@nestjs/common';
import { AGGREGATOR_CONFIG, type AggregatorConfig } from '../config.js';

/** A program as the log has it. */
export interface PublishedProgram {
  /** Leaf hash of its newest `program.published`. */
  readonly statement: string;
  readonly rulePack: RulePack;
}

/** Pages of one program's statements that are read at most; a program has one per amendment. */
const MAX_PAGES = 20;

/** Programs, read from the log itself rather than from whoever runs them. */
@Injectable()
export class ProgramCatalogue {
  private readonly ledger: LedgerClient;

  constructor(@Inject(AGGREGATOR_CONFIG) config: AggregatorConfig, tokens: AccessTokens) {
    this.ledger = new LedgerClient(config.GRIDPACT_LEDGER_URL, tokens);
  }

  /** The newest publication of each program; those that the log does not know are left out. */
  async published(programs: readonly string[]): Promise<ReadonlyMap<string, PublishedProgram>> {
    const found = new Map<string, PublishedProgram>();
    for (const program of new Set(programs)) {
      const newest = await this.newest(program);
      if (newest) found.set(program, newest);
    }
    return found;
  }

  private async newest(program: string): Promise<PublishedProgram | undefined> {
    let newest: PublishedProgram | undefined;
    let cursor: string | null = '';
    for (let page = 0; page < MAX_PAGES && cursor !== null; page += 1) {
      const from = cursor === '' ? {} : { cursor };
      const answer: StatementPage = await this.ledger.statements({
        subject: program,
        type: 'program.published',
        ...from,
      });
      for (const { entry } of answer.statements) newest = publishedBy(entry) ?? newest;
      cursor = answer.cursor;
    }
    return newest;
  }
}

function publishedBy(entry: string): PublishedProgram | undefined {
  const parsed = parseStatement(Buffer.from(entry, 'base64'));
  if (!parsed.ok || !isOfType(parsed.value, 'program.published')) return undefined;
  const body = openBody(parsed.value);
  return body.ok ? { statement: parsed.value.leafHash, rulePack: body.value.rulePack } : undefined;
}
