import {
  type BodyOf,
  type Opening,
  type SealPromise,
  type SignedBy,
  type Statement,
  type StatementType,
  isOfType,
  openBody,
} from '@gridpact/statement';

/** A statement that the log holds, with the opening of its body where the ledger was given it. */
export interface Known {
  readonly index: number;
  readonly statement: Statement;
  readonly opening?: Opening;
}

/** A statement that asks to enter the log, its signatures verified and its body opened as far as it was given. */
export interface Said<T extends StatementType = StatementType> {
  readonly statement: Statement<T>;
  /** Absent only for a body that may be withheld. */
  readonly body: BodyOf<T> | undefined;
  readonly signedBy: readonly SignedBy[];
  /** Verified promise of whoever received it. */
  readonly promise?: SealPromise;
}

/** What the rules may know of the log; gathered before, so that judging is pure. */
export interface Facts {
  readonly log: LogIdentity;
  /** Index that the next entry gets. */
  readonly size: number;
  /** A statement of the log, by leaf hash, among those that the judged one refers to. */
  known(leafHash: string): Known | undefined;
  /** Leaf hash of the statement that holds a claim. */
  holder(scope: string, key: string): string | undefined;
}

/** Which log this is; its genesis must say the same. */
export interface LogIdentity {
  readonly origin: string;
  readonly environment: 'sandbox' | 'production';
  /** C2SP tlog-policy text. */
  readonly policy: string;
}

/** Body of a parent of the given type, if the statement names one that the ledger can open. */
export function parentBody<T extends StatementType>(
  { statement }: Said,
  facts: Facts,
  type: T,
): { readonly leafHash: string; readonly by: string; readonly body: BodyOf<T> } | undefined {
  for (const leafHash of statement.envelope.parents) {
    const body = bodyOfKnown(facts.known(leafHash), type);
    if (body !== undefined) return { leafHash, by: facts.known(leafHash)?.statement.envelope.by ?? '', body };
  }
  return undefined;
}

/** Body of a known statement, if it is of that type and can be opened. */
export function bodyOfKnown<T extends StatementType>(known: Known | undefined, type: T): BodyOf<T> | undefined {
  if (!known || !isOfType(known.statement, type)) return undefined;
  const body = openBody(known.statement, known.opening);
  return body.ok ? body.value : undefined;
}

/** Narrows what is said to a type. */
export function saysType<T extends StatementType>(said: Said, type: T): said is Said<T> {
  return said.statement.envelope.type === type;
}
