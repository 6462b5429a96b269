import { type Refusal, type Result, ok, refuse } from '@gridpact/kernel';
import { BUSINESS_CLOCK } from '@gridpact/platform/app';
import type { BusinessClock } from '@gridpact/platform/clock';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { KeyDirectory, type VerifyRefusal } from '../parties/key-directory.js';
import { type Acknowledged, Promises, promiseText } from '../statements/promises.js';
import { StatementBook } from '../statements/statement-book.js';
import { type SentStatement, type Word, type WordRefusal, notSaidBy, readWord } from '../statements/word.js';
import { asUser } from '../tenancy/scope.js';
import { addOffer, isOfferTaken, lockEnrolment } from './enrolment-store.js';
import { type OfferRefusal, type SentOffer, offerRefusal } from './offer-rules.js';

export type TakeOfferRefusal = OfferRefusal | WordRefusal | VerifyRefusal;

type OfferWord = Word<'standing-offer.signed'>;

/** Standing offers of users: within their limits the aggregator answers at the deadline. */
@Injectable()
export class OffersService {
  constructor(
    private readonly source: DataSource,
    private readonly keys: KeyDirectory,
    private readonly promises: Promises,
    private readonly book: StatementBook,
    @Inject(BUSINESS_CLOCK) private readonly clock: BusinessClock,
  ) {}

  /** Takes an offer; the same bytes again get a promise again and change nothing. */
  async take(user: string, sent: SentStatement): Promise<Result<Acknowledged, TakeOfferRefusal>> {
    const receivedAt = this.clock.now();
    const word = readWord('standing-offer.signed', sent);
    if (!word.ok) return word;
    const { statement, body } = word.value;
    const notOwn = notSaidBy(statement, await this.keys.signersOf(statement), user);
    if (notOwn) return { ok: false, refusal: notOwn };
    const promise = await this.promises.make(statement.leafHash, receivedAt);
    const offer = { body, subject: statement.envelope.subject, parents: statement.envelope.parents, receivedAt };
    const refusal = await asUser(this.source, user, (tx) => this.save(tx, word.value, offer, promise));
    return refusal ? { ok: false, refusal } : ok({ statement: statement.leafHash, promise: promiseText(promise) });
  }

  private async save(
    tx: EntityManager,
    { statement, body }: OfferWord,
    sent: SentOffer,
    promise: Uint8Array,
  ): Promise<Refusal<OfferRefusal> | undefined> {
    const enrolment = await lockEnrolment(tx, body.enrolment);
    if (!enrolment) return refuse('unknown_enrolment', `you have no enrolment ${body.enrolment}`).refusal;
    if (await isOfferTaken(tx, statement.leafHash)) return undefined;
    const refusal = offerRefusal(enrolment, sent);
    if (refusal) return refusal;
    const { tenant, user } = enrolment;
    const row = { statement: statement.leafHash, tenant, offer: body.offer, enrolment: body.enrolment, user, body };
    if (!(await addOffer(tx, { ...row, takenAt: sent.receivedAt }))) {
      return refuse('offer_taken', `offer ${body.offer} says something else already; name a new one`).refusal;
    }
    await this.book.submit(tx, { tenant, user }, statement, { audience: [user, tenant], promise });
    return undefined;
  }
}
