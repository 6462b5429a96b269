import { instantText, leafHashHex, partyId } from '@gridpact/statement';
import { z } from 'zod';
import type { Trust } from './log-trust.js';
import { trust } from './mobile-shapes.js';
import type { PhoneFolder } from './phone-folder.js';

const profile = z.object({ party: partyId, issuerUrl: z.url(), statement: leafHashHex });

/** Whose phone this is, where its tokens come from, and the leaf hash of its registration. */
export type Profile = z.infer<typeof profile>;

const keptStatement = z.object({
  statement: leafHashHex,
  type: z.string(),
  entry: z.base64(),
  opening: z.object({ salt: z.string(), body: z.unknown() }).optional(),
});

/** A statement that the phone made: its bytes and, where it is committed, what opens it. */
export type KeptStatement = z.infer<typeof keptStatement>;

const keptPromise = z.object({
  statement: leafHashHex,
  promise: z.base64(),
  receivedAt: instantText,
  sealBy: instantText,
});

/** A promise that verified, kept as proof against whoever made it. */
export type KeptPromise = z.infer<typeof keptPromise>;

const keptRegistration = z.object({ party: partyId, entry: z.base64() });

/** The bytes of a registration that may not have been answered yet. */
export type KeptRegistration = z.infer<typeof keptRegistration>;

/** What a phone remembers, in its own folder. Everything that proves something to others is kept as it came. */
export class PhoneMemory {
  constructor(private readonly folder: PhoneFolder) {}

  async profile(): Promise<Profile | undefined> {
    const kept = await this.folder.readJson('phone.json');
    return kept === undefined ? undefined : profile.parse(kept);
  }

  async keepProfile(kept: Profile): Promise<void> {
    await this.folder.writeJson('phone.json', kept);
  }

  async registration(): Promise<KeptRegistration | undefined> {
    const kept = await this.folder.readJson('registration.json');
    return kept === undefined ? undefined : keptRegistration.parse(kept);
  }

  async keepRegistration(kept: KeptRegistration): Promise<void> {
    await this.folder.writeJson('registration.json', kept);
  }

  async trust(): Promise<Trust | undefined> {
    const kept = await this.folder.readJson('trust.json');
    return kept === undefined ? undefined : trust.parse(kept);
  }

  async keepTrust(kept: Trust): Promise<void> {
    await this.folder.writeJson('trust.json', kept);
  }

  async statement(leafHash: string): Promise<KeptStatement | undefined> {
    const kept = await this.folder.readJson(`statements/${leafHash}.json`);
    return kept === undefined ? undefined : keptStatement.parse(kept);
  }

  /** Kept before it is sent: after a crash the same bytes can go out again. */
  async keepStatement(kept: KeptStatement): Promise<void> {
    await this.folder.writeJson(`statements/${kept.statement}.json`, kept);
  }

  async promise(leafHash: string): Promise<KeptPromise | undefined> {
    const kept = await this.folder.readJson(`promises/${leafHash}.json`);
    return kept === undefined ? undefined : keptPromise.parse(kept);
  }

  async keepPromise(kept: KeptPromise): Promise<void> {
    await this.folder.writeJson(`promises/${kept.statement}.json`, kept);
  }

  keepReceipt(statement: string, receipt: string): Promise<string> {
    return this.folder.write(`receipts/${statement}.tlog-proof`, receipt);
  }

  keepDossier(event: string, bytes: Uint8Array): Promise<string> {
    return this.folder.write(`dossiers/${event}.dossier`, bytes);
  }
}
