import { Body, Controller, Get, Inject, Param, Post } from '@nestjs/common';
import { base64Text } from '@gridpact/contracts';
import { formatInstant, ok, refuse } from '@gridpact/kernel';
import { PG_POOL } from '@gridpact/platform/app';
import { Caller, Public, Roles } from '@gridpact/platform/auth';
import { granted } from '@gridpact/platform/http';
import { partyId } from '@gridpact/statement';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { RegistrationRefusal } from './registration.js';
import { type Registration, findRegistration } from './registration-store.js';
import { Registrar } from './registrar.js';

/** Service party that enrols users and hands their codes over. */
const ENROLLING_SERVICE = 'aggregator';
const MAX_TYPED_CODE_CHARACTERS = 40;

export const codeRequest = z.strictObject({ party: partyId, role: z.enum(['user', 'device']) });
export const registrationRequest = z.strictObject({
  code: z.string().min(1).max(MAX_TYPED_CODE_CHARACTERS),
  entry: base64Text,
});

const REFUSAL_STATUS: Readonly<Record<RegistrationRefusal, number>> = {
  code_unknown: 404,
  code_used: 409,
  code_locked: 423,
  code_expired: 410,
  bad_statement: 422,
  wrong_type: 422,
  wrong_party: 422,
  wrong_body: 422,
  bad_key: 422,
  bad_signature: 422,
  key_in_use: 409,
};

/** Enrolment codes and registrations of parties. */
@Controller('v1')
export class RegistryController {
  constructor(
    private readonly registrar: Registrar,
    @Inject(PG_POOL) private readonly pool: Pool,
  ) {}

  @Post('enrolment-codes')
  @Roles('service')
  async issueCode(
    @Body({ schema: codeRequest }) { party, role }: z.infer<typeof codeRequest>,
    @Caller() caller: Caller,
  ): Promise<{ party: string; code: string; expiresAt: string }> {
    if (caller.party !== ENROLLING_SERVICE)
      return granted(refuse('not_enrolling', `only ${ENROLLING_SERVICE} enrols`), { not_enrolling: 403 });
    const issued = granted(await this.registrar.issueCode(party, role), { party_taken: 409 });
    return { ...issued, expiresAt: formatInstant(issued.expiresAt) };
  }

  @Post('registrations')
  @Public()
  async register(
    @Body({ schema: registrationRequest }) { code, entry }: z.infer<typeof registrationRequest>,
  ): Promise<{ party: string; statement: string }> {
    return granted(await this.registrar.register(code, Buffer.from(entry, 'base64')), REFUSAL_STATUS);
  }

  /** A user sees its own registration; those who enrol see all of them, which are public in the log. */
  @Get('registrations/:party')
  @Roles('service', 'aggregator', 'user')
  async registration(@Param('party') party: string, @Caller() caller: Caller): Promise<RegistrationView> {
    const foreign =
      caller.party !== party && !caller.roles.some((role: string) => role === 'service' || role === 'aggregator');
    const found = foreign ? undefined : await findRegistration(this.pool, party);
    const outcome = found ? ok(found) : refuse('registration_unknown', `no registration of ${party}`);
    return viewOf(granted(outcome, { registration_unknown: 404 }));
  }
}

type RegistrationView = Omit<Registration, 'registeredAt'> & { readonly registeredAt: string };

function viewOf(registration: Registration): RegistrationView {
  return { ...registration, registeredAt: formatInstant(registration.registeredAt) };
}
