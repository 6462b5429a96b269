import { rulePack } from '@gridpact/program';
import { leafHashHex } from '@gridpact/statement';
import { z } from 'zod';

/** Ids of programs and events are also ids of OpenADR objects, hence without dots; room is left for a party's suffix. */
export const openId = z.string().regex(/^[A-Za-z0-9_-]{1,60}$/, 'an id of 1 to 60 letters, digits, _ or -');

/** A program to publish, with the SHA-256 (hex) of the bundle that settles it. */
export const newProgram = z.strictObject({ program: openId, rulePack, bundleSha256: leafHashHex });

export type NewProgram = z.infer<typeof newProgram>;
