import { setTimeout as delay } from 'node:timers/promises';
import { type Instant, MS_PER_MINUTE, type Result, ok, plusMs, refuse } from '@gridpact/kernel';
import { type BodyOf, publicKeyOf } from '@gridpact/statement';
import { z } from 'zod';
import {
  type Answer,
  type Asked,
  confirmationDraft,
  disputeDraft,
  registrationDraft,
  standingOfferDraft,
  withdrawalDraft,
} from './drafts.js';
import { type SignedEnrolment, signEnrolments } from './enrolment-signing.js';
import { type CheckedReceipt, checkReceipt } from './log-trust.js';
import * as shapes from './mobile-shapes.js';
import type { KeptStatement } from './phone-memory.js';
import { type PhoneParts, PhoneSession, type Promised } from './phone-session.js';

/** A withdrawal may not take effect before it arrives, hence a little later than it is sent. */
const WITHDRAWAL_LEAD_MS = 5 * MS_PER_MINUTE;
/** Longest wait for the log to know a new key, and the pause between two looks. */
const SEAL_WAIT_MS = 60_000;
const SEAL_POLL_MS = 250;

/** A receipt that verified on the phone, and the file that holds it. */
export interface KeptReceipt extends CheckedReceipt {
  readonly file: string;
}

/**
 * A user's phone: holds the key, signs, keeps what it was promised, and checks promises and receipts itself. What the
 * server refuses is a value with its code; `Unreachable` is thrown when nothing answers after bounded tries.
 */
export class Phone {
  private constructor(private readonly session: PhoneSession) {}

  /** Opens the phone of a folder; a new folder gets a new key. */
  static async create(parts: PhoneParts): Promise<Phone> {
    return new Phone(await PhoneSession.open(parts));
  }

  /** The user's pseudonym; throws before {@link register}. */
  get party(): string {
    return this.session.party;
  }

  /** Thumbprint of the phone's key. */
  get kid(): string {
    return this.session.key.signer.kid;
  }

  /** An access token, cached until it nears its end. */
  token(): Promise<string> {
    return this.session.token();
  }

  /** Registers the key with the code of the enrolment; the same phone may ask again with the same code. */
  async register(code: string, party: string): Promise<Result<{ readonly party: string; readonly statement: string }>> {
    const entry = await this.registrationEntry(party);
    const request = { method: 'POST', path: '/mobile/v1/device-keys', isPublic: true, body: { code, entry } } as const;
    const answer = await this.session.mobile.json(request, shapes.registered);
    if (!answer.ok) return answer;
    const { statement, issuer } = answer.value;
    await this.session.join({ party, statement, issuerUrl: issuer });
    await this.session.trusted();
    return ok({ party, statement });
  }

  /** Waits, bounded, until the log knows the key; before that nothing that it signs can enter. */
  async untilSealed(): Promise<Result<{ readonly logIndex: number }>> {
    for (let waited = 0; waited <= SEAL_WAIT_MS; waited += SEAL_POLL_MS) {
      const state = await this.session.mobile.json(
        { method: 'GET', path: '/mobile/v1/device-keys' },
        shapes.deviceKeyState,
      );
      if (!state.ok) return state;
      const { logIndex, refusal } = state.value;
      if (logIndex !== null) return ok({ logIndex });
      if (refusal !== null) return refuse(refusal, 'the ledger refused the registration');
      await delay(SEAL_POLL_MS);
    }
    return refuse('not_sealed', `the registration was not sealed within ${SEAL_WAIT_MS / 1000} s`);
  }

  /** Signs every contract that waits for this user and says what it should. */
  signEnrolments(): Promise<Result<readonly SignedEnrolment[]>> {
    return signEnrolments(this.session);
  }

  /** What is asked of the user's sites, as the aggregator's signed instructions say it. */
  async instructions(): Promise<Result<readonly shapes.InstructionView[]>> {
    const answer = await this.session.mobile.json(get('instructions'), shapes.instructions);
    return answer.ok ? ok(answer.value.instructions) : answer;
  }

  /** Answers an instruction. `earlier` is the answer that this one replaces; by default the one that stands. */
  async confirm(
    asked: Asked & { readonly standing?: string | null },
    answer: Answer,
    earlier: string | null = asked.standing ?? null,
  ): Promise<Result<Promised>> {
    const draft = confirmationDraft(asked, answer, earlier, await this.session.speaker());
    return draft.ok ? this.sendConfirmation(await this.session.sign(draft.value)) : draft;
  }

  /** Sends a kept answer, for instance once more after a failure: the same bytes have the same effect. */
  sendConfirmation(kept: KeptStatement): Promise<Result<Promised>> {
    return this.session.send('/mobile/v1/confirmations', kept);
  }

  /** Leaves a running event, by default five minutes from now. */
  async withdraw(confirmation: string, reason: string, effectiveAt?: Instant): Promise<Result<Promised>> {
    const body = await this.keptBody(confirmation, confirmedSite);
    if (!body) return refuse('confirmation_unknown', `this phone keeps no answer ${confirmation}`);
    const speaker = await this.session.speaker();
    const when = effectiveAt ?? plusMs(speaker.now, WITHDRAWAL_LEAD_MS);
    const draft = withdrawalDraft({ statement: confirmation, ...body }, when, reason, speaker);
    return this.session.send('/mobile/v1/withdrawals', await this.session.sign(draft));
  }

  /** Signs the limits within which the aggregator may answer for the user. */
  async standingOffer(enrolmentStatement: string, offer: BodyOf<'standing-offer.signed'>): Promise<Result<Promised>> {
    const draft = standingOfferDraft(enrolmentStatement, offer, await this.session.speaker());
    return this.session.send('/mobile/v1/standing-offers', await this.session.sign(draft));
  }

  /** Contests the user's line of a settlement run. */
  async dispute(body: BodyOf<'dispute.raised'>): Promise<Result<{ readonly statement: string }>> {
    const draft = disputeDraft(body, await this.session.speaker());
    const kept = await this.session.sign(draft);
    const sent = { entry: kept.entry, opening: kept.opening };
    const request = {
      method: 'POST',
      path: '/mobile/v1/disputes',
      body: sent,
      idempotencyKey: kept.statement,
    } as const;
    return this.session.mobile.json(request, shapes.taken);
  }

  /** The user's lines of settlement runs, as the settlement service gives them. */
  results(): Promise<Result<unknown>> {
    return this.session.mobile.json(get('results'), z.unknown());
  }

  /** Fetches a receipt, checks it under the policy that this phone knows, and keeps it. */
  async receipt(statement: string): Promise<Result<KeptReceipt>> {
    const answer = await this.session.mobile.json(get(`receipts/${statement}`), shapes.receiptAnswer);
    if (!answer.ok) return answer;
    const checked = checkReceipt(await this.session.trusted(), statement, answer.value.receipt);
    if (!checked.ok) return checked;
    return ok({ ...checked.value, file: await this.session.memory.keepReceipt(statement, answer.value.receipt) });
  }

  /** Fetches the user's cut of an event's dossier; `gridpact verify dossier` checks the file offline. */
  async dossier(event: string): Promise<Result<{ readonly file: string; readonly bytes: number }>> {
    const answer = await this.session.mobile.bytes(get(`events/${encodeURIComponent(event)}/dossier`));
    if (!answer.ok) return answer;
    const file = await this.session.memory.keepDossier(event, answer.value);
    return ok({ file, bytes: answer.value.length });
  }

  /** A statement that this phone made, with its bytes and opening. */
  kept(statement: string): Promise<KeptStatement | undefined> {
    return this.session.memory.statement(statement);
  }

  /** The bytes to register with: those of an earlier try, should there have been one. */
  private async registrationEntry(party: string): Promise<string> {
    const tried = await this.session.memory.registration();
    if (tried?.party === party) return tried.entry;
    const key = publicKeyOf(this.session.key.signer, 'sign');
    const draft = registrationDraft({ ...key, jwk: { ...key.jwk } }, { party, now: await this.session.now() });
    const { entry } = await this.session.sign(draft);
    await this.session.memory.keepRegistration({ party, entry });
    return entry;
  }

  private async keptBody<S extends z.ZodType>(statement: string, schema: S): Promise<z.infer<S> | undefined> {
    const kept = await this.session.memory.statement(statement);
    return schema.safeParse(kept?.opening?.body).data;
  }
}

const confirmedSite = z.object({ event: z.string(), site: z.string() });

function get(path: string): { readonly method: 'GET'; readonly path: string } {
  return { method: 'GET', path: `/mobile/v1/${path}` };
}
