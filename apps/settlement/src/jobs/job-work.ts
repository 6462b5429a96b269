import type { Result } from '@gridpact/kernel';
import { Injectable } from '@nestjs/common';
import { OrderService } from '../payments/order.service.js';
import { RunService } from '../runs/run.service.js';
import type { Job } from './job-store.js';

/** What each kind of job does. */
@Injectable()
export class JobWork {
  constructor(
    private readonly runs: RunService,
    private readonly orders: OrderService,
  ) {}

  of(job: Job): Promise<Result<void>> {
    switch (job.kind) {
      case 'RUN':
      case 'FINAL':
        return this.runs.run(job);
      case 'ORDER':
        return this.orders.order(job);
    }
  }
}
