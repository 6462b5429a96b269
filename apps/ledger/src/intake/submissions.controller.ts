import { type Submission, topics } from '@gridpact/contracts';
import { type KafkaBatch, RetryLater } from '@gridpact/platform/kafka';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { IntakeClosed } from '../integrate/sequencer.js';
import { IntakeService } from './intake.service.js';

/** Statements handed over through the submission topic. Its message ids are recorded with their effect. */
@Controller()
export class SubmissionsController {
  constructor(private readonly intake: IntakeService) {}

  /** A ledger that takes nothing now leaves the batch in the topic. */
  @EventPattern<string>(topics.submission.name)
  async onSubmissions(@Payload() batch: KafkaBatch<Submission>): Promise<void> {
    try {
      await this.intake.takeMessages(batch.messages);
    } catch (error) {
      if (error instanceof IntakeClosed) throw new RetryLater(error.message, { cause: error });
      throw error;
    }
  }
}
