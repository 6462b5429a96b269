import { createHash } from 'node:crypto';
import type { Awarded } from '@gridpact/contracts';
import { type Instant, decimal, formatInstant, instantOf } from '@gridpact/kernel';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import type { BusinessClock } from '@gridpact/platform/clock';
import { RetryLater } from '@gridpact/platform/kafka';
import { type BodyOf, type Signer, type Statement, prepare, signStatement } from '@gridpact/statement';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { findAward, findEvent } from '../events/event-store.js';
import { RANDOMNESS, type Randomness } from '../parties/randomness.js';
import { Signers } from '../parties/signers.js';
import { StatementBook } from '../statements/statement-book.js';
import { readWord } from '../statements/word.js';
import { asTenant } from '../tenancy/scope.js';
import { InstructionRow } from './instruction.entity.js';
import { type InstructionPlan, type PlannedInstruction, planInstructions } from './instruction-plan.js';
import { addAward, sitesForEvent } from './instruction-store.js';

/** Instructions that are signed at one time. */
const SIGN_CONCURRENCY = 16;
const ID_HEX_CHARS = 32;

/** The settlement service reads what was asked, beside the two whom it concerns. */
const THIRD_PARTY = 'settlement';

interface ReceivedAward {
  readonly statement: string;
  readonly body: BodyOf<'award.issued'>;
}

interface SignedInstruction {
  readonly planned: PlannedInstruction;
  readonly statement: Statement<'instruction.issued'>;
}

/** Turns an award into one signed instruction per site. */
@Injectable()
export class InstructionsService {
  constructor(
    private readonly source: DataSource,
    private readonly signers: Signers,
    private readonly book: StatementBook,
    @Inject(RANDOMNESS) private readonly randomness: Randomness,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  /**
   * Issues the instructions of an award, once: the award's row is claimed in the transaction that saves them, so that a
   * redelivery, even a concurrent one, issues nothing.
   */
  async issue(message: Awarded): Promise<void> {
    const { aggregator: tenant } = message;
    const award = readAward(message);
    const open = await asTenant(this.source, tenant, async (tx) => {
      const event = await findEvent(tx, message.event);
      const taken = await findAward(tx, message.event);
      return { event, taken, sites: event && !taken ? await sitesForEvent(tx, event.announced) : [] };
    });
    if (open.taken) return;
    if (!open.event) throw new RetryLater(`event ${message.event} is not known here yet`);
    const { confirmBy } = open.event.announced;
    const plan = planInstructions(award, open.sites, confirmBy, (site) => instructionId(message.event, site));
    const signed = await this.signAll(plan.instructions, await this.signers.of(tenant), tenant);
    await this.save(tenant, award, plan.binding, signed);
  }

  private async signAll(
    planned: readonly PlannedInstruction[],
    signer: Signer,
    tenant: string,
  ): Promise<SignedInstruction[]> {
    const now = this.clock.now();
    const signed: SignedInstruction[] = [];
    for (let from = 0; from < planned.length; from += SIGN_CONCURRENCY) {
      const chunk = planned.slice(from, from + SIGN_CONCURRENCY);
      signed.push(...(await Promise.all(chunk.map((one) => this.sign(one, signer, tenant, now)))));
    }
    return signed;
  }

  private async sign(
    planned: PlannedInstruction,
    signer: Signer,
    tenant: string,
    at: Instant,
  ): Promise<SignedInstruction> {
    const { body, enrolmentStatement } = planned;
    const parents = [body.award, enrolmentStatement];
    const said = { type: 'instruction.issued', at, by: tenant, subject: body.event, parents } as const;
    const prepared = prepare({ ...said, body, salt: this.randomness.salt() });
    return { planned, statement: await signStatement(prepared, [signer]) };
  }

  private async save(
    tenant: string,
    { statement, body }: ReceivedAward,
    limit: InstructionPlan['binding'],
    signed: readonly SignedInstruction[],
  ): Promise<void> {
    const binding = limit && { ...limit, start: formatInstant(limit.start), missingWatt: decimal(limit.missingWatt) };
    await asTenant(this.source, tenant, async (tx) => {
      if (!(await addAward(tx, { statement, tenant, event: body.event, body, binding }))) return;
      for (const one of signed) {
        await tx.insert(InstructionRow, rowOf(tenant, one));
        const { user } = one.planned;
        const audience = [user, tenant, THIRD_PARTY];
        await this.book.submit(tx, { tenant, user }, one.statement, { audience });
      }
    });
  }
}

/** Id of a site's instruction in an event: the same whenever and by whomever it is computed. */
export function instructionId(event: string, site: string): string {
  const digest = createHash('sha256').update(`${event}\n${site}`).digest('hex');
  return `instruction-${digest.slice(0, ID_HEX_CHARS)}`;
}

/** An award that does not open what it says is no award: it goes to the dead letters with its reason. */
function readAward(message: Awarded): ReceivedAward {
  const word = readWord('award.issued', message);
  if (!word.ok) throw new Error(`award ${message.statement}: ${word.refusal.code} ${word.refusal.detail}`);
  const { statement, body } = word.value;
  const named = body.aggregator === message.aggregator && body.event === message.event;
  if (!named || statement.leafHash !== message.statement) throw new Error(`award ${message.statement} says otherwise`);
  return { statement: statement.leafHash, body };
}

function rowOf(tenant: string, { planned, statement }: SignedInstruction): InstructionRow {
  const { body, user } = planned;
  const { instruction, event, site, enrolment } = body;
  const named = { instruction, tenant, event, site, enrolment, user, statement: statement.leafHash };
  return { ...named, body, confirmBy: instantOf(body.confirmBy), standing: null, silentAt: null };
}
