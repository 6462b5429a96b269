import { Body, Controller, Get, HttpCode, Inject, Module, Param, Post, type DynamicModule } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { topics, type LedgerRefusal } from '@gridpact/contracts';
import { ok, refuse, type Result } from '@gridpact/kernel';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { z } from 'zod';
import { Caller, Public, Roles } from '../auth/index.js';
import type { ServiceConfig } from '../config/index.js';
import { granted, Idempotent } from '../http/index.js';
import type { KafkaBatch } from '../kafka/index.js';
import { onceOnly, Outbox, platformMigrations } from '../outbox/index.js';
import { inTransaction, rows } from '../postgres/index.js';
import { PlatformModule } from './index.js';

const newNote = z.strictObject({ text: z.string().min(1).max(40), copies: z.int().min(1).optional() });
type NewNote = z.infer<typeof newNote>;

class Notes0000000001001 implements MigrationInterface {
  readonly name = 'Notes0000000001001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner text, text text)');
    await runner.query('CREATE TABLE heard (statement text PRIMARY KEY, times integer NOT NULL)');
    await runner.query('ALTER TABLE note ENABLE ROW LEVEL SECURITY');
    await runner.query(`CREATE POLICY own ON note USING (owner = current_setting('gridpact.tenant', true))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE note, heard');
  }
}

/** Migrations of the example, as its `migrate.ts` would run them. */
export const noteMigrations = [...platformMigrations, Notes0000000001001];

/** A service as an author would write it: a command with an outbox message, and a consumer with an inbox. */
@Controller('v1/notes')
class NoteController {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Outbox) private readonly outbox: Outbox,
  ) {}

  @Post()
  @Roles('operator')
  @Idempotent()
  @HttpCode(201)
  async add(@Body({ schema: newNote }) body: NewNote, @Caller() caller: Caller): Promise<{ id: string; by: string }> {
    const id = granted(await this.save(body, caller), { forbidden_word: 409 });
    return { id, by: caller.party };
  }

  @Get()
  async list(@Caller() caller: Caller): Promise<{ text: string }[]> {
    return inTransaction(this.dataSource, (tx) => rows(tx, 'SELECT text FROM note ORDER BY id'), {
      tenant: caller.party,
    });
  }

  @Get('open/:id')
  @Public()
  one(@Param('id') id: string): { id: string } {
    if (id === 'crash') throw new Error('secret of the database');
    return { id };
  }

  private save(body: NewNote, caller: Caller): Promise<Result<string, 'forbidden_word'>> {
    if (body.text === 'forbidden') return Promise.resolve(refuse('forbidden_word', 'choose another word'));
    return inTransaction(
      this.dataSource,
      async (tx) => {
        const sql = 'INSERT INTO note (owner, text) VALUES ($1, $2) RETURNING id';
        const [row] = await rows<{ id: string }>(tx, sql, [caller.party, body.text]);
        await this.outbox.add(tx, { topic: topics.refusal, key: body.text, value: refusalOf(body.text) });
        return ok(row?.id ?? '');
      },
      { tenant: caller.party },
    );
  }

  @EventPattern<string>(topics.refusal.name)
  async onRefusals(@Payload() batch: KafkaBatch<LedgerRefusal>): Promise<void> {
    if (batch.messages.some(({ value }) => value.detail === 'poison')) throw new Error('cannot take poison');
    await inTransaction(this.dataSource, async (tx) => {
      const fresh = await onceOnly(
        tx,
        'notes',
        batch.messages.map(({ id }) => id),
      );
      for (const { value } of batch.messages.filter(({ id }) => fresh.has(id))) {
        await tx.query(
          'INSERT INTO heard VALUES ($1, 1) ON CONFLICT (statement) DO UPDATE SET times = heard.times + 1',
          [value.detail],
        );
      }
    });
  }
}

/** Keeps notes of parties apart, and counts what it hears; stands in the tests for any service. */
@Module({})
export class NoteModule {
  static with(config: ServiceConfig): DynamicModule {
    return {
      module: NoteModule,
      imports: [PlatformModule.forService({ config, entities: [], migrations: noteMigrations })],
      controllers: [NoteController],
    };
  }
}

/** The message that a note sends. */
export function refusalOf(detail: string): LedgerRefusal {
  return { statement: 'ab'.repeat(32), code: 'test', detail };
}
