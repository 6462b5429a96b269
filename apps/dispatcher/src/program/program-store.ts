import { Injectable } from '@nestjs/common';
import { formatInstant, instant, type Instant } from '@gridpact/kernel';
import { rows, type Transaction } from '@gridpact/platform/postgres';
import type { RulePack } from '@gridpact/program';
import type { DataSource } from 'typeorm';

/** A published program. */
export interface Program {
  readonly program: string;
  readonly rulePack: RulePack;
  readonly bundleSha256: string;
  /** Leaf hash of `program.published`. */
  readonly statement: string;
  readonly publishedAt: Instant;
}

interface ProgramRow {
  readonly id: string;
  readonly rule_pack: RulePack;
  readonly bundle_sha256: string;
  readonly statement: string;
  readonly published_at: Date;
}

const COLUMNS = 'id, rule_pack, bundle_sha256, statement, published_at';

/** Published programs. */
@Injectable()
export class ProgramStore {
  /** Stores a program; false when its id is taken. */
  async insert(tx: Transaction, program: Program): Promise<boolean> {
    const inserted = await rows(
      tx,
      `INSERT INTO program (${COLUMNS}) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING RETURNING id`,
      [
        program.program,
        JSON.stringify(program.rulePack),
        program.bundleSha256,
        program.statement,
        formatInstant(program.publishedAt),
      ],
    );
    return inserted.length === 1;
  }

  async byId(db: DataSource | Transaction, id: string): Promise<Program | undefined> {
    const [row] = await rows<ProgramRow>(db, `SELECT ${COLUMNS} FROM program WHERE id = $1`, [id]);
    return row && programOf(row);
  }

  /** A page of programs, newest first. */
  async page(db: DataSource | Transaction, skip: number, limit: number): Promise<Program[]> {
    const found = await rows<ProgramRow>(
      db,
      `SELECT ${COLUMNS} FROM program ORDER BY published_at DESC, id OFFSET $1 LIMIT $2`,
      [skip, limit],
    );
    return found.map(programOf);
  }
}

function programOf(row: ProgramRow): Program {
  return {
    program: row.id,
    rulePack: row.rule_pack,
    bundleSha256: row.bundle_sha256,
    statement: row.statement,
    publishedAt: instant(row.published_at.getTime()),
  };
}
