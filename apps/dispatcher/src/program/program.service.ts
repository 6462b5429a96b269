import { Inject, Injectable } from '@nestjs/common';
import { ok, refuse, type Instant, type Result } from '@gridpact/kernel';
import { inTransaction } from '@gridpact/platform/postgres';
import { validateRulePack, type RulePackRefusalCode } from '@gridpact/program';
import { DataSource } from 'typeorm';
import { DISPATCHER_CONFIG, type DispatcherConfig } from '../config.js';
import { PowerCompany } from '../statements/power-company.js';
import { Submissions } from '../statements/submissions.js';
import type { NewProgram } from './program.schema.js';
import { ProgramStore, type Program } from './program-store.js';
import { bundleHash } from './rule-bundle.js';

/** Why a program was not published. */
export type ProgramRefusalCode = RulePackRefusalCode | 'bundle_mismatch' | 'program_exists';

/** Publishes programs: signed by the power company's operator, sealed, and settled by one bundle only. */
@Injectable()
export class ProgramService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly programs: ProgramStore,
    private readonly powerCompany: PowerCompany,
    private readonly submissions: Submissions,
    @Inject(DISPATCHER_CONFIG) private readonly config: DispatcherConfig,
  ) {}

  async publish(wanted: NewProgram, now: Instant): Promise<Result<Program, ProgramRefusalCode>> {
    const { program, rulePack, bundleSha256 } = wanted;
    const checked = validateRulePack(rulePack);
    if (!checked.ok) return checked;
    const actual = await bundleHash(this.config.GRIDPACT_RULE_BUNDLE);
    if (actual !== bundleSha256) return refuse('bundle_mismatch', `the bundle that is loaded here is ${actual}`);
    if (await this.programs.byId(this.dataSource, program)) return programExists(program);
    const draft = { type: 'program.published', at: now, subject: program, parents: [], body: wanted } as const;
    const statement = await this.powerCompany.say(draft);
    const published = { program, rulePack, bundleSha256, statement: statement.leafHash, publishedAt: now };
    return inTransaction(this.dataSource, async (tx) => {
      if (!(await this.programs.insert(tx, published))) return programExists(program);
      await this.submissions.submit(tx, statement, { audience: [] });
      return ok(published);
    });
  }
}

function programExists(program: string): Result<never, 'program_exists'> {
  return refuse('program_exists', `program ${program} is published; rules are never overwritten`);
}
