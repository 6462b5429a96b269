import { eventAnnounced } from '@gridpact/statement';
import { z } from 'zod';
import { openId } from '../program/program.schema.js';

/** An event to announce; direction and response type are its program's. */
export const newEvent = eventAnnounced
  .omit({ direction: true, responseType: true })
  .extend({ event: openId, program: openId, area: z.string().min(1).max(100) });

/** Why an event is called off. */
export const cancellation = z.strictObject({ reason: z.string().min(1).max(500) });

export type NewEvent = z.infer<typeof newEvent>;
export type Cancellation = z.infer<typeof cancellation>;
