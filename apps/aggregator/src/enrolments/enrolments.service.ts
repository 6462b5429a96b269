import { topics } from '@gridpact/contracts';
import { type Result, ok, refuse } from '@gridpact/kernel';
import { Outbox } from '@gridpact/platform/outbox';
import {
  type Opening,
  type Statement,
  type StatementRefusal,
  addSignature,
  canonicalBytes,
  parseStatement,
} from '@gridpact/statement';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { KeyDirectory, type VerifyRefusal, notSignedBy } from '../parties/key-directory.js';
import { Signers } from '../parties/signers.js';
import { StatementBook } from '../statements/statement-book.js';
import { asUser } from '../tenancy/scope.js';
import { openingOf } from './enrolment-draft.js';
import type { EnrolmentRow } from './enrolment.entity.js';
import { findEnrolment, gatewayOf, listEnrolments, lockEnrolment, saveAgreed } from './enrolment-store.js';

/** Beside the two sides, who needs the contract: settlement splits by it, the power company checks who takes part. */
const THIRD_PARTIES = ['settlement', 'power-company'];

/** A contract as its user sees it: the very payload to sign, and what opens it. */
export interface EnrolmentView {
  readonly enrolment: string;
  readonly state: 'draft' | 'agreed';
  readonly payload: string;
  readonly opening: Opening;
  /** Leaf hash of `enrolment.agreed`; null for a draft. */
  readonly statement: string | null;
}

/** A user's signature: one element of the JWS general serialisation. */
export interface UserSignature {
  readonly protected: string;
  readonly signature: string;
}

export type SignRefusal = StatementRefusal | VerifyRefusal | 'unknown_enrolment';
export interface Agreed {
  readonly enrolment: string;
  readonly statement: string;
}

/** Contracts between users and aggregators: shown to the user, signed by both sides. */
@Injectable()
export class EnrolmentsService {
  constructor(
    private readonly source: DataSource,
    private readonly keys: KeyDirectory,
    private readonly signers: Signers,
    private readonly book: StatementBook,
    private readonly outbox: Outbox,
  ) {}

  async list(user: string): Promise<EnrolmentView[]> {
    const enrolments = await asUser(this.source, user, listEnrolments);
    return enrolments.map((enrolment) => ({
      enrolment: enrolment.enrolment,
      state: enrolment.statement ? 'agreed' : 'draft',
      payload: enrolment.payload,
      opening: openingOf(enrolment),
      statement: enrolment.statement,
    }));
  }

  /** Takes the user's signature and adds the aggregator's. Once agreed, any further signature gets the same answer. */
  async sign(user: string, enrolment: string, signature: UserSignature): Promise<Result<Agreed, SignRefusal>> {
    const draft = await asUser(this.source, user, (tx) => findEnrolment(tx, enrolment));
    if (!draft) return refuse('unknown_enrolment', `you have no enrolment ${enrolment}`);
    if (draft.statement) return ok({ enrolment, statement: draft.statement });
    const signed = parseStatement(canonicalBytes({ payload: draft.payload, signatures: [signature] }));
    if (!signed.ok) return signed;
    const verified = notSignedBy(await this.keys.signersOf(signed.value), user);
    if (verified) return { ok: false, refusal: verified };
    const agreed = await addSignature(signed.value, await this.signers.of(draft.tenant));
    return ok(await asUser(this.source, user, (tx) => this.save(tx, draft, agreed)));
  }

  private async save(tx: EntityManager, draft: EnrolmentRow, agreed: Statement): Promise<Agreed> {
    const { enrolment, tenant, user, site, contract } = draft;
    const locked = await lockEnrolment(tx, enrolment);
    if (locked?.statement) return { enrolment, statement: locked.statement };
    const statement = { ...agreed, opening: openingOf(draft) };
    await this.book.submit(tx, { tenant, user }, statement, { audience: [tenant, user, ...THIRD_PARTIES] });
    await saveAgreed(tx, enrolment, agreed.leafHash);
    const gateway = await gatewayOf(tx, draft);
    const value = { enrolment, statement: agreed.leafHash, contract, gateway };
    await this.outbox.add(tx, { topic: topics.enrolment, key: site, value });
    return { enrolment, statement: agreed.leafHash };
  }
}
