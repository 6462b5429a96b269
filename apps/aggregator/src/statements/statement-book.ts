import { MACHINE_CLOCK } from '@gridpact/platform/app';
import type { MachineClock } from '@gridpact/platform/clock';
import { submissionOf } from '@gridpact/platform/ledger-client';
import { Outbox } from '@gridpact/platform/outbox';
import type { Statement } from '@gridpact/statement';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { StatementRoute, StatementRow } from './statement.entity.js';

/** Whose statement it is: the aggregator's, and the user's whom it concerns. */
export interface Owner {
  readonly tenant: string;
  readonly user: string | null;
}

/** What the ledger gets beside entry and opening. */
export interface Submission {
  readonly audience: readonly string[];
  /** The promise that we gave as receiver. */
  readonly promise?: Uint8Array;
}

/** Keeps every statement that we sign or take, and sends it to the ledger in the same transaction. */
@Injectable()
export class StatementBook {
  constructor(
    private readonly outbox: Outbox,
    @Inject(MACHINE_CLOCK) private readonly clock: MachineClock,
  ) {}

  /** Keeps a statement and submits it. */
  async submit(tx: EntityManager, owner: Owner, statement: Statement, submission: Submission): Promise<void> {
    await this.keep(tx, owner, statement);
    const { opening } = statement;
    await this.outbox.add(tx, submissionOf(statement.entry, { ...submission, ...(opening && { opening }) }));
  }

  /** Keeps a statement that its receiver submits, such as a nomination. */
  async keep(tx: EntityManager, { tenant, user }: Owner, { envelope, entry, leafHash }: Statement): Promise<void> {
    const { type, subject } = envelope;
    await tx.insert(StatementRoute, { statement: leafHash, tenant });
    const bytes = Buffer.from(entry);
    const takenAt = this.clock.now();
    await tx.insert(StatementRow, { statement: leafHash, tenant, user, type, subject, entry: bytes, takenAt });
  }
}
