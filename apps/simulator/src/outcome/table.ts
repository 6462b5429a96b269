import type { Outcome, OutcomeRow } from './outcome.js';

const COLUMNS = [
  'party',
  'sites',
  'awarded kWh',
  'confirmed kWh',
  'delivered kWh',
  'response',
  'payment CNY',
  'aggregator',
  'users',
];

/** The outcome as text for a terminal. */
export function outcomeText(outcome: Outcome): string {
  return [
    heading(outcome),
    ...grid([COLUMNS, ...[...outcome.rows, outcome.total].map(cells)]),
    '',
    'Runs',
    ...grid([
      ['run', 'kind', 'amount CNY', 'difference', 'cause'],
      ...outcome.runs.map((run) => [String(run.run), run.kind, cny(run.amountFen), cny(run.differenceFen), run.cause]),
    ]),
    '',
    'Refused, and why',
    ...grid(outcome.refused.map(({ who, what, code, detail }) => [who, what, code, detail])),
    '',
    'Statements in the log',
    ...grid(counts(outcome.statementsByType)),
    '',
    'Messages through Kafka',
    ...grid(counts(outcome.messagesByTopic)),
    '',
    ...facts(outcome),
  ].join('\n');
}

/** Fen as yuan with two decimals. */
export function cny(fen: bigint): string {
  const [sign, magnitude] = fen < 0n ? ['-', -fen] : ['', fen];
  return `${sign}${magnitude / 100n}.${String(magnitude % 100n).padStart(2, '0')}`;
}

/** Micro-kWh as kWh with one decimal, cut. */
export function kwh(micro: bigint): string {
  return tenths(micro / 100_000n);
}

function tenths(value: bigint): string {
  const [sign, magnitude] = value < 0n ? ['-', -value] : ['', value];
  return `${sign}${magnitude / 10n}.${magnitude % 10n}`;
}

function heading({ event, date, sites, realSeries, shiftedSites, seed }: Outcome): string {
  const shifted = shiftedSites > 0 ? `, ${shiftedSites} of them copies shifted by whole weeks` : '';
  return `Event ${event} on ${date}: ${sites} sites on ${realSeries} real series${shifted} (seed ${seed})\n`;
}

function cells(row: OutcomeRow): string[] {
  return [
    row.party,
    String(row.sites),
    kwh(row.awardedMicroKwh),
    kwh(row.confirmedMicroKwh),
    kwh(row.deliveredMicroKwh),
    percent(row.deliveredMicroKwh, row.confirmedMicroKwh),
    cny(row.amountFen),
    cny(row.aggregatorFen),
    cny(row.userFen),
  ];
}

function percent(part: bigint, whole: bigint): string {
  return whole === 0n ? '-' : `${tenths((part * 1000n) / whole)} %`;
}

function facts({ log, receiptMs, readings, dossiers }: Outcome): string[] {
  return [
    `Log ${log.origin}: ${log.size} entries, root ${log.root}, cosigned by ${log.cosigners.join(', ')}`,
    `Confirmation to receipt: p50 ${receiptMs.p50.toFixed(0)} ms, p99 ${receiptMs.p99.toFixed(0)} ms over ${receiptMs.count}`,
    `Readings: ${readings.count}, ${readings.perSecond.toFixed(0)} a second while they were sent`,
    ...dossiers.map(({ holder, path, bytes }) => `Dossier of ${holder}: ${path} (${bytes} bytes)`),
  ];
}

function counts(byName: Readonly<Record<string, number>>): string[][] {
  return Object.entries(byName)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => [name, String(count)]);
}

function grid(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
