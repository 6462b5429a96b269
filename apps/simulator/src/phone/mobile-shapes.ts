import { instantText, instructionIssued, leafHashHex, partyKey, partyRole, partyId } from '@gridpact/statement';
import { z } from 'zod';

const opening = z.strictObject({ salt: z.string(), body: z.unknown() });

/** `GET server-time` */
export const serverTime = z.object({ business: instantText, machine: instantText, revision: z.int() });

/** `POST device-keys`; `issuer` is where this phone gets its tokens from now on. */
export const registered = z.object({ party: partyId, statement: leafHashHex, issuer: z.url() });

/** `GET device-keys` */
export const deviceKeyState = z.object({
  party: partyId,
  kid: z.string(),
  statement: leafHashHex,
  logIndex: z.int().nullable(),
  refusal: z.string().nullable(),
});

/** `GET trust` */
export const trust = z.object({
  origin: z.string(),
  policy: z.string(),
  keys: z.array(
    z.object({ ...partyKey.shape, party: partyId, role: partyRole, untilIndex: z.int().nullable().default(null) }),
  ),
});

/** `GET enrolments` */
export const enrolments = z.object({
  enrolments: z.array(
    z.object({
      enrolment: z.string(),
      state: z.string(),
      payload: z.string(),
      opening,
      statement: leafHashHex.nullable(),
    }),
  ),
});

export type EnrolmentView = z.infer<typeof enrolments>['enrolments'][number];

/** `GET instructions` */
export const instructions = z.object({
  instructions: z.array(
    z.object({
      statement: leafHashHex,
      body: instructionIssued,
      state: z.enum(['waiting', 'answered', 'silent', 'withdrawn']),
      /** The answer that stands; a later one names it. */
      standing: leafHashHex.nullable(),
    }),
  ),
});
export type InstructionView = z.infer<typeof instructions>['instructions'][number];

/** What was taken, by its leaf hash (hex). */
export const taken = z.object({ statement: leafHashHex });

/** `POST confirmations`, `POST withdrawals`, `POST standing-offers` */
export const promised = z.object({ statement: leafHashHex, promise: z.string() });

/** `GET receipts/{leafHash}` */
export const receiptAnswer = z.object({ statement: leafHashHex, index: z.int(), receipt: z.string() });
