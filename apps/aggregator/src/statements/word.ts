import { opening as openingSchema } from '@gridpact/contracts';
import { type Refusal, type Result, refuse } from '@gridpact/kernel';
import {
  type BodyOf,
  type Statement,
  type StatementRefusal,
  type StatementType,
  isOfType,
  openBody,
  parseStatement,
} from '@gridpact/statement';
import { z } from 'zod';
import { type VerifyRefusal, notSignedBy } from '../parties/key-directory.js';

/** Largest entry in base64; an entry has at most 65,535 bytes. */
const MAX_ENTRY_CHARS = 90_000;

/** A signed statement as a phone sends it. */
export const sentStatement = z.strictObject({ entry: z.base64().max(MAX_ENTRY_CHARS), opening: openingSchema });
export type SentStatement = z.infer<typeof sentStatement>;

/** A statement that someone sent, readable; whether its signature stands is another question. */
export interface Word<T extends StatementType> {
  readonly statement: Statement<T>;
  readonly body: BodyOf<T>;
}

/** Why bytes are not the statement that was expected here. */
export type WordRefusal = StatementRefusal | 'wrong_type';

/** Reads a sent statement of one type with its body, which must open the commitment. */
export function readWord<T extends StatementType>(type: T, sent: SentStatement): Result<Word<T>, WordRefusal> {
  const parsed = parseStatement(Buffer.from(sent.entry, 'base64'));
  if (!parsed.ok) return parsed;
  const { envelope } = parsed.value;
  if (!isOfType(parsed.value, type)) return refuse('wrong_type', `this takes ${type}, not ${envelope.type}`);
  const opening = { salt: sent.opening.salt, body: sent.opening.body };
  const body = openBody(parsed.value, opening);
  return body.ok ? { ok: true, value: { statement: { ...parsed.value, opening }, body: body.value } } : body;
}

/** Why a statement is not what `user` itself says; undefined when it is. `signers` are those whose signatures stand. */
export function notSaidBy(
  { envelope }: Statement,
  signers: Parameters<typeof notSignedBy>[0],
  user: string,
): Refusal<VerifyRefusal> | undefined {
  if (envelope.by === user) return notSignedBy(signers, user);
  return refuse('foreign_statement', `${envelope.by} says it, but ${user} sends it`).refusal;
}
