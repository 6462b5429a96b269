import { AccessTokens } from '@gridpact/platform/auth';
import { ProblemError, fetchJson } from '@gridpact/platform/http';
import { instantText } from '@gridpact/statement';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AGGREGATOR_CONFIG, type AggregatorConfig } from '../config.js';

const issued = z.object({ code: z.string().min(1), expiresAt: instantText });

/** A one-time code with which a user's first key is bound; shown once. */
export type EnrolmentCode = z.infer<typeof issued>;

/** Requests to identity at one time. */
const CONCURRENCY = 8;

/** Enrolment codes from the registry. */
@Injectable()
export class EnrolmentCodes {
  constructor(
    @Inject(AGGREGATOR_CONFIG) private readonly config: AggregatorConfig,
    private readonly tokens: AccessTokens,
  ) {}

  /** One code for each user, by party; a user that has a key already needs none and is left out. */
  async issue(users: readonly string[]): Promise<ReadonlyMap<string, EnrolmentCode>> {
    const token = await this.tokens.token();
    const codes = new Map<string, EnrolmentCode>();
    const waiting = [...users];
    const work = async (): Promise<void> => {
      for (let user = waiting.pop(); user; user = waiting.pop()) {
        const code = await this.issueOne(user, token);
        if (code) codes.set(user, code);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    return codes;
  }

  private async issueOne(party: string, token: string): Promise<EnrolmentCode | undefined> {
    const url = new URL('/v1/enrolment-codes', this.config.GRIDPACT_IDENTITY_URL);
    try {
      return await fetchJson(url, { token, body: { party, role: 'user' }, schema: issued });
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'party_taken') return undefined;
      throw error;
    }
  }
}
