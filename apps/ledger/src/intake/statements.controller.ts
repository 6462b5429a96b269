import { type Submission, submission } from '@gridpact/contracts';
import { granted } from '@gridpact/platform/http';
import { Body, Controller, HttpCode, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { IntakeService, type Taken } from './intake.service.js';
import { STATUS_OF_REFUSAL, closedProblem } from './refusal-status.js';

const waiting = z.object({ wait: z.enum(['receipt']).optional() });

/** Statements handed over by HTTP, beside the submission topic. */
@Controller('v1/statements')
export class IntakeController {
  constructor(private readonly intake: IntakeService) {}

  /** Takes a signed statement; answers with the ledger's promise and the index, or with `wait=receipt` once sealed. */
  @Post()
  @HttpCode(202)
  async submit(
    @Body({ schema: submission }) body: Submission,
    @Query({ schema: waiting }) { wait }: z.infer<typeof waiting>,
  ): Promise<Taken> {
    const taken = await this.intake.take(body, wait === 'receipt').catch((error: unknown) => {
      throw closedProblem(error);
    });
    return granted(taken, STATUS_OF_REFUSAL);
  }
}
