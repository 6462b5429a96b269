import { type Statement, parseStatement } from '@gridpact/statement';
import { TILE_WIDTH, decodeEntries, entryBundlePath, parseCheckpoint, parseNote, tileWidthAt } from '@gridpact/tlog';
import type { ChainRow } from './outcome.js';

/** Every statement of a published log, in order, read as anyone may read it: checkpoint, then entry bundles. */
export async function readLog(ledgerUrl: string): Promise<Statement[]> {
  const note = await (await fetch(`${ledgerUrl}/log/checkpoint`)).text();
  const { size } = parseCheckpoint(parseNote(note).text);
  const statements: Statement[] = [];
  for (let index = 0; index * TILE_WIDTH < size; index += 1) {
    const width = tileWidthAt(size, 0, index);
    const answer = await fetch(`${ledgerUrl}/log/${entryBundlePath({ index, width })}`);
    for (const entry of decodeEntries(new Uint8Array(await answer.arrayBuffer()), width)) {
      const parsed = parseStatement(entry);
      if (!parsed.ok) throw new Error(`entry ${statements.length} of the log: ${parsed.refusal.detail}`);
      statements.push(parsed.value);
    }
  }
  return statements;
}

/** How many statements of each type there are. */
export function countByType(statements: readonly Statement[]): Record<string, number> {
  const groups = Map.groupBy(statements, ({ envelope }) => envelope.type);
  return Object.fromEntries([...groups].map(([type, group]) => [type, group.length]));
}

/** The statements about one subject, as the report shows them. */
export function chainOf(statements: readonly Statement[], subject: string): ChainRow[] {
  return statements.flatMap(({ envelope, leafHash }, index) =>
    envelope.subject === subject
      ? [{ index, type: envelope.type, by: envelope.by, at: envelope.at, leafHash, parents: envelope.parents }]
      : [],
  );
}
