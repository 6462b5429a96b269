import type { Instant } from '@gridpact/kernel';
import { Injectable } from '@nestjs/common';
import { DeadlinesService } from '../answers/deadlines.service.js';
import { NominationsService } from '../nominations/nominations.service.js';
import { Signers } from '../parties/signers.js';

/** What business time brings due: reveals after the gate, answers at the deadline. Each may be done again harmlessly. */
@Injectable()
export class DueWork {
  constructor(
    private readonly signers: Signers,
    private readonly nominations: NominationsService,
    private readonly deadlines: DeadlinesService,
  ) {}

  /** Does all of it for each tenant; one tenant's failure, such as a signer that is away, does not stop the others. */
  async doDue(now: Instant): Promise<void> {
    const failures: unknown[] = [];
    for (const tenant of this.signers.tenants()) {
      const note = (error: unknown): void => void failures.push(error);
      await this.nominations.revealDue(tenant, now).catch(note);
      await this.deadlines.settleDue(tenant, now).catch(note);
    }
    if (failures.length > 0) throw new AggregateError(failures, 'some scheduled work failed');
  }
}
