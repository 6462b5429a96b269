import { Injectable } from '@nestjs/common';
import { topics, type NominationDecision, type NominationSent } from '@gridpact/contracts';
import { refuse, type Instant, type Result } from '@gridpact/kernel';
import { Outbox } from '@gridpact/platform/outbox';
import type { Transaction } from '@gridpact/platform/postgres';
import { leafHash, toHex } from '@gridpact/tlog';
import { POWER_COMPANY } from '../config.js';
import { EventStore } from '../event/event-store.js';
import { OwnVoice } from '../statements/own-voice.js';
import { Submissions } from '../statements/submissions.js';
import type { ArrivalNames } from './nomination-store.js';
import { readArrival, type Arrival, type ArrivalRefusalCode } from './arrival.js';
import { BookKeeper, type BookRefusalCode } from './book-keeper.js';
import type { KnownKey } from './party-keys.js';

/** Why a nomination message was refused. */
export type DecisionRefusalCode = ArrivalRefusalCode | BookRefusalCode | 'unknown_event';

/** A nomination message with what is known of it when it is decided. */
export interface Incoming {
  readonly message: NominationSent;
  readonly receivedAt: Instant;
  readonly headers: Readonly<Record<string, string>>;
  readonly keyOf: (kid: string) => KnownKey | undefined;
}

/** Answers nomination statements: a promise and a place in the book, or a refusal. */
@Injectable()
export class NominationService {
  constructor(
    private readonly events: EventStore,
    private readonly keeper: BookKeeper,
    private readonly voice: OwnVoice,
    private readonly submissions: Submissions,
    private readonly outbox: Outbox,
  ) {}

  /** Decides on a statement, and hands it to the ledger when it was accepted; all in the given transaction. */
  async decide(tx: Transaction, incoming: Incoming): Promise<NominationDecision> {
    const taken = await this.take(tx, incoming);
    return { ...namesOf(incoming.message), outcome: await this.outcomeOf(tx, incoming, taken) };
  }

  /** Tells the aggregator what was decided. */
  async tell(tx: Transaction, decision: NominationDecision, cause: Readonly<Record<string, string>>): Promise<void> {
    const message = { topic: topics.nominationDecision, key: decision.event, value: decision, cause };
    await this.outbox.add(tx, message);
  }

  private async take(tx: Transaction, incoming: Incoming): Promise<Result<Arrival, DecisionRefusalCode>> {
    const read = readArrival(incoming.message, incoming.keyOf);
    if (!read.ok) return read;
    const stored = await this.events.lock(tx, incoming.message.event);
    if (!stored) return refuse('unknown_event', `no event is named ${incoming.message.event}`);
    const booked = await this.keeper.take(tx, stored, read.value, incoming.receivedAt);
    return booked.ok ? read : booked;
  }

  private async outcomeOf(
    tx: Transaction,
    { receivedAt, headers }: Incoming,
    taken: Result<Arrival, DecisionRefusalCode>,
  ): Promise<NominationDecision['outcome']> {
    if (!taken.ok) return { accepted: false, ...taken.refusal, detail: taken.refusal.detail.slice(0, 1000) };
    const { statement } = taken.value;
    const promise = await this.voice.promise(statement.leafHash, receivedAt);
    const opening = taken.value.kind === 'revealed' ? { opening: taken.value.opening } : {};
    const audience = [POWER_COMPANY, statement.envelope.by];
    await this.submissions.submit(tx, statement, { audience, promise, cause: headers, ...opening });
    return { accepted: true, promise: Buffer.from(promise).toString('base64') };
  }
}

/** How a nomination message is named: by the leaf hash of the bytes it brings, whatever they are. */
export function namesOf({ event, aggregator, entry }: NominationSent): ArrivalNames {
  return { event, aggregator, nomination: toHex(leafHash(Buffer.from(entry, 'base64'))) };
}
