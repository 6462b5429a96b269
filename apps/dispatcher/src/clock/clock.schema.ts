import { clockSet, instantText } from '@gridpact/statement';
import { z } from 'zod';

/** How business time runs from `machineEpoch` (now, when absent) on; 0 holds it, 1000 is real speed. */
export const newClock = z.strictObject({
  businessEpoch: instantText,
  machineEpoch: instantText.optional(),
  ratePermille: clockSet.shape.ratePermille,
});

export type NewClock = z.infer<typeof newClock>;
