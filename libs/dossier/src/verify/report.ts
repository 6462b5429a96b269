/** What became of one step of a verification. */
export type Outcome = 'recomputed' | 'taken-from-sealed-total' | 'not-applicable' | 'failed';

/** A broken link: a closed code, and the statement, item or figure at which the chain breaks. */
export interface BrokenLink {
  readonly code: string;
  readonly where: string;
  readonly detail: string;
}

/** One step of a verification: what was checked, on how many things, and where it broke if it did. */
export interface Step {
  readonly name: string;
  readonly outcome: Outcome;
  readonly checked: number;
  readonly detail: string;
  readonly broken?: BrokenLink;
}

/** The whole verification; valid when no step failed. The first failed step names the first broken link. */
export interface VerificationReport {
  readonly valid: boolean;
  /** The log runs on a sandbox clock: business time is played, not lived. */
  readonly sandbox: boolean;
  readonly event: string;
  readonly holder: string;
  readonly steps: readonly Step[];
}

/** Raised inside a step at the first broken link; {@link step} turns it into a failed step. */
export class BrokenChain extends Error {
  constructor(readonly link: BrokenLink) {
    super(`${link.code}: ${link.where}: ${link.detail}`);
  }
}

/** Breaks the chain at a place. */
export function broken(code: string, where: string, detail: string): never {
  throw new BrokenChain({ code, where, detail });
}

/** What a step that held says of itself. */
export interface Held {
  readonly checked: number;
  readonly detail: string;
  readonly outcome?: Outcome;
}

/** Runs a step; a broken link becomes its failure, anything else is a fault of the verifier and passes on. */
export async function step(name: string, check: () => Held | Promise<Held>): Promise<Step> {
  try {
    const held = await check();
    return { name, outcome: held.outcome ?? 'recomputed', checked: held.checked, detail: held.detail };
  } catch (error) {
    if (!(error instanceof BrokenChain)) throw error;
    return { name, outcome: 'failed', checked: 0, detail: error.link.detail, broken: error.link };
  }
}
