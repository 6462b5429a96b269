import { type Awarded, topics } from '@gridpact/contracts';
import { LOGGER } from '@gridpact/platform/app';
import type { KafkaBatch } from '@gridpact/platform/kafka';
import type { Logger } from '@gridpact/platform/telemetry';
import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { Signers } from '../parties/signers.js';
import { InstructionsService } from './instructions.service.js';

/** Awards to the aggregators that we work for; those of others are theirs to handle. */
@Controller()
export class AwardMessages {
  constructor(
    private readonly instructions: InstructionsService,
    private readonly signers: Signers,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  @EventPattern<string>(topics.award.name)
  async onAwards(@Payload() batch: KafkaBatch<Awarded>): Promise<void> {
    for (const { value } of batch.messages) {
      if (this.signers.tenant(value.aggregator).ok) await this.instructions.issue(value);
      else this.log.info({ event: value.event, aggregator: value.aggregator }, 'award of an aggregator elsewhere');
    }
  }
}
