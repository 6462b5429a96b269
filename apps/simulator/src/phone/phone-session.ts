import { type Instant, type Result, instantOf, ok } from '@gridpact/kernel';
import { type Draft, SALT_BYTES, type StatementType, prepare, signStatement } from '@gridpact/statement';
import { toBase64 } from '@gridpact/tlog';
import { AccessTokens } from './access-tokens.js';
import { type DeviceKey, type RandomBytes, loadDeviceKey } from './device-key.js';
import type { Speaker } from './drafts.js';
import { type Trust, checkPromise, type CheckedPromise } from './log-trust.js';
import { MobileClient, TokenRefused } from './mobile-client.js';
import * as shapes from './mobile-shapes.js';
import { PhoneFolder } from './phone-folder.js';
import { type KeptStatement, PhoneMemory, type Profile } from './phone-memory.js';

/** What a phone is made from. */
export interface PhoneParts {
  /** The phone's own folder, made when missing. */
  readonly folder: string;
  /** Base URL of mobile-api. */
  readonly mobileApiUrl: string;
  /** Issuer of tokens; learnt at registration when not given. */
  readonly issuerUrl?: string;
  /** Must not be guessable outside a simulation. */
  readonly random: RandomBytes;
}

/** A statement that the server took, and what it promised. */
export interface Promised extends CheckedPromise {
  /** Leaf hash (hex): under it the receipt will come. */
  readonly statement: string;
}

/** Key, memory and connection of one phone; everything that its single actions share. */
export class PhoneSession {
  readonly mobile: MobileClient;
  private tokens: AccessTokens | undefined;

  private constructor(
    private readonly parts: PhoneParts,
    readonly key: DeviceKey,
    readonly memory: PhoneMemory,
    private profile: Profile | undefined,
  ) {
    const tokens = { token: () => this.token(), forget: () => this.tokens?.forget() };
    this.mobile = new MobileClient(parts.mobileApiUrl, tokens);
  }

  static async open(parts: PhoneParts): Promise<PhoneSession> {
    const folder = new PhoneFolder(parts.folder);
    const memory = new PhoneMemory(folder);
    return new PhoneSession(parts, await loadDeviceKey(folder, parts.random), memory, await memory.profile());
  }

  /** The user's pseudonym; throws on a phone that is not registered. */
  get party(): string {
    return this.registered().party;
  }

  /** Remembers whose phone this is from now on. */
  async join(profile: Profile): Promise<void> {
    await this.memory.keepProfile(profile);
    this.profile = profile;
    this.tokens = undefined;
  }

  token(): Promise<string> {
    const { party, issuerUrl } = this.registered();
    const { random } = this.parts;
    this.tokens ??= new AccessTokens({ party, issuerUrl: this.parts.issuerUrl ?? issuerUrl, key: this.key, random });
    return this.tokens.token();
  }

  /** Business time by the server's clock, which decides deadlines; the phone's own is nobody's business. */
  async now(): Promise<Instant> {
    const time = await this.mobile.json(
      { method: 'GET', path: '/mobile/v1/server-time', isPublic: true },
      shapes.serverTime,
    );
    if (!time.ok) throw new Error(`no server time: ${time.refusal.detail}`);
    return instantOf(time.value.business);
  }

  /** Who speaks now, with a salt for what is said. */
  async speaker(): Promise<Speaker> {
    return { party: this.party, now: await this.now(), salt: this.parts.random(SALT_BYTES) };
  }

  /** Signs a draft and keeps it before anyone else sees it. */
  async sign<T extends StatementType>(draft: Draft<T>): Promise<KeptStatement> {
    const { leafHash, entry, opening } = await signStatement(prepare(draft), [this.key.signer]);
    const kept: KeptStatement = {
      statement: leafHash,
      type: draft.type,
      entry: toBase64(entry),
      ...(opening && { opening }),
    };
    await this.memory.keepStatement(kept);
    return kept;
  }

  /** Hands a statement over; the same bytes may be sent again. Keeps the promise once it verified. */
  async send(path: string, { statement, entry, opening }: KeptStatement): Promise<Result<Promised>> {
    const request = { method: 'POST', path, body: { entry, opening }, idempotencyKey: statement } as const;
    const answer = await this.mobile.json(request, shapes.promised);
    if (!answer.ok) return answer;
    const { promise } = answer.value;
    const checked = checkPromise(await this.trusted(), statement, Buffer.from(promise, 'base64'));
    if (!checked.ok) return checked;
    await this.memory.keepPromise({ statement, promise, ...checked.value });
    return ok({ statement, ...checked.value });
  }

  /** Policy and keys of the log, as first seen; a server that names others later is not believed. */
  async trusted(): Promise<Trust> {
    const kept = await this.memory.trust();
    if (kept) return kept;
    const seen = await this.mobile.json({ method: 'GET', path: '/mobile/v1/trust', isPublic: true }, shapes.trust);
    if (!seen.ok) throw new Error(`no policy of the log: ${seen.refusal.detail}`);
    await this.memory.keepTrust(seen.value);
    return seen.value;
  }

  private registered(): Profile {
    if (!this.profile) throw new TokenRefused('this phone is not registered; register it with an enrolment code');
    return this.profile;
  }
}
