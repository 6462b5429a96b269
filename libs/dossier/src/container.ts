import { type Result, ok, refuse } from '@gridpact/kernel';
import { base64urlText, batchOpening, canonicalText, leafHashHex, partyId, partyRole } from '@gridpact/statement';
import { sha256, toHex } from '@gridpact/tlog';
import { z } from 'zod';

/** First line of a dossier; the format's version. */
export const DOSSIER_HEADER = 'gridpact.dossier/v1';
/** A dossier above this many characters is refused unread. */
export const DOSSIER_MAX_CHARS = 256 * 1024 * 1024;

const base64Text = z.base64();

/** A statement in a dossier: its entry bytes, its place in the log with the tlog-proof, and what its holder may open. */
export const dossierStatement = z.strictObject({
  entry: base64Text,
  index: z.int().min(0),
  receipt: z.string(),
  opening: z.strictObject({ salt: base64urlText, body: z.unknown() }).optional(),
  /** The promise of the service that received it, base64 of its JWS JSON. */
  promise: base64Text.optional(),
});

/** An item of a batch statement, with the Merkle path that proves it. */
export const dossierBatchItem = z.strictObject({ statement: leafHashHex, opening: batchOpening });

/** One sealed part of a meter's series: the batch item that commits to it, and the interval records under its root. */
export const dossierSeries = z.strictObject({ ...dossierBatchItem.shape, records: z.array(z.unknown()).max(10_000) });

/** What a dossier holds: the public chain of an event, and what its holder may know. */
export const dossierContent = z.strictObject({
  v: z.literal(1),
  event: z.string().max(100),
  holder: z.strictObject({ party: partyId, role: partyRole }),
  /** C2SP tlog-policy text: the log's key, its witnesses and their quorum. */
  policy: z.string(),
  statements: z.array(dossierStatement),
  batchItems: z.array(dossierBatchItem),
  series: z.array(dossierSeries),
  /** The rule bundle whose SHA-256 stands in `program.published`, as text. */
  bundle: z.string(),
});

export type DossierContent = z.infer<typeof dossierContent>;
export type DossierStatement = z.infer<typeof dossierStatement>;
export type DossierBatchItem = z.infer<typeof dossierBatchItem>;
export type DossierSeries = z.infer<typeof dossierSeries>;

/** Why a file is not an intact dossier. */
export type ContainerRefusal = 'not_a_dossier' | 'too_large' | 'hash_mismatch' | 'not_canonical' | 'bad_content';

/**
 * Text of a dossier: header line, one line of canonical JSON, and a closing line with the SHA-256 over all preceding
 * bytes, so that any flipped bit is found before anything is interpreted.
 */
export function writeDossier(content: DossierContent): string {
  const body = `${DOSSIER_HEADER}\n${canonicalText(content)}\n`;
  return `${body}sha-256 ${digestOf(body)}\n`;
}

/** Reads a dossier; refuses a foreign file, a changed byte, or content that is not canonical or not of the schema. */
export function readDossier(text: string): Result<DossierContent, ContainerRefusal> {
  if (text.length > DOSSIER_MAX_CHARS)
    return refuse('too_large', `a dossier has at most ${DOSSIER_MAX_CHARS} characters`);
  const lines = text.split('\n');
  const [header, json, closing, rest] = lines;
  if (header !== DOSSIER_HEADER || json === undefined || closing === undefined || rest !== '' || lines.length !== 4) {
    return refuse('not_a_dossier', `a dossier is a line "${DOSSIER_HEADER}", a line of JSON and a closing hash line`);
  }
  const expected = `sha-256 ${digestOf(`${header}\n${json}\n`)}`;
  if (closing !== expected) {
    return refuse('hash_mismatch', `the closing line is "${closing}" but the bytes before it give "${expected}"`);
  }
  return parseContent(json);
}

function parseContent(json: string): Result<DossierContent, ContainerRefusal> {
  const value = jsonOf(json);
  if (value === undefined || canonicalText(value) !== json) {
    return refuse('not_canonical', 'the JSON line is not in the canonical form of RFC 8785');
  }
  const parsed = dossierContent.safeParse(value);
  return parsed.success ? ok(parsed.data) : refuse('bad_content', z.prettifyError(parsed.error));
}

function jsonOf(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

function digestOf(text: string): string {
  return toHex(sha256(new TextEncoder().encode(text)));
}
