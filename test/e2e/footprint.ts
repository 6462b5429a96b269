import { setTimeout as delay } from 'node:timers/promises';
import { ADMIN, withDatabase, type Stack } from '@gridpact/deploy';
import { z } from 'zod';

/** Tables that grow with requests and restarts and say nothing about any event. */
const OF_THE_PROCESS: readonly string[] = ['identity.spent_assertion'];
/** The system is at rest when nothing changed for this long. */
const QUIET_MS = 4_000;
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 1_000;

const tableRow = z.object({ table: z.string() });
const countRow = z.object({ rows: z.string() });

/** Rows of every table of every service, by `schema.table`, the log's entries among them, once the system is at rest. */
export async function rowsAtRest(stack: Stack): Promise<Record<string, string>> {
  let seen = await rowsOf(stack);
  let quietMs = 0;
  for (let waitedMs = 0; quietMs < QUIET_MS; waitedMs += LOOK_EVERY_MS) {
    if (waitedMs > PATIENCE_MS) throw new Error('the system did not come to rest');
    await delay(LOOK_EVERY_MS);
    const now = await rowsOf(stack);
    quietMs = JSON.stringify(now) === JSON.stringify(seen) ? quietMs + LOOK_EVERY_MS : 0;
    seen = now;
  }
  return seen;
}

function rowsOf(stack: Stack): Promise<Record<string, string>> {
  return withDatabase(stack, ADMIN, stack.postgres.database, async (client) => {
    const { rows } = await client.query(
      `SELECT table_schema || '.' || table_name AS table FROM information_schema.tables
       WHERE table_type = 'BASE TABLE' AND table_schema !~ '^(pg_|information_schema)' ORDER BY 1`,
    );
    const tables = rows.map((row) => tableRow.parse(row).table).filter((table) => !OF_THE_PROCESS.includes(table));
    const counts: [string, string][] = [];
    for (const table of tables) {
      const counted = await client.query(`SELECT count(*)::text AS rows FROM ${table}`);
      counts.push([table, countRow.parse(counted.rows[0]).rows]);
    }
    return Object.fromEntries(counts);
  });
}
