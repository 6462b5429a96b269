import { z } from 'zod';

/** Standard base64 of bytes: entries of the log travel so, byte for byte. */
export const base64Text = z.base64().max(100_000);
/** Id of an object of ours: letters, digits, dots, hyphens, underscores. */
export const objectId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'an id of letters, digits, . _ -');

/** Salt and body that open a statement's commitment; see `openBody` in `@gridpact/statement`. */
export const opening = z.strictObject({ salt: z.string().max(64), body: z.unknown() });
