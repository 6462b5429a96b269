import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from '@gridpact/kernel';
import { parse } from 'csv-parse/sync';

/** Real energy of one interval of a series, keyed by its civil start (local clock, as if it were UTC, ms). */
export interface CivilSeries {
  /** Where the series comes from: data set and column. */
  readonly origin: string;
  readonly stepMs: number;
  /** micro-kWh per interval; an absent key is a gap in the source. */
  readonly energyAt: ReadonlyMap<number, bigint>;
}

/** Span of civil days that a scenario needs: `[from, to)`, ms of the civil clock. */
export interface CivilSpan {
  readonly from: number;
  readonly to: number;
}

/** Peak power given to a SimBench profile, which the source states per unit of its peak; W. */
const SIMBENCH_PEAK_WATT = 240_000n;
/** SimBench plays 2016 and Politecnico 2014 on the weekdays of 2018: whole weeks, so that working days stay such. */
const SIMBENCH_SHIFT_DAYS = 104 * 7;
const POLITO_SHIFT_DAYS = 209 * 7;
/** Cambridge stamps UTC; its civil clock in summer is one hour ahead (British Summer Time). */
const CAMBRIDGE_SUMMER_OFFSET_MS = MS_PER_HOUR;

/** Every real series of `test/data` over a civil span of summer 2018: 33 hourly, 1 + 21 at 15 minutes. */
export function realSeries(folder: string, span: CivilSpan): CivilSeries[] {
  return [...cambridge(folder, span), polito(folder, span), ...simbench(folder, span)];
}

function cambridge(folder: string, span: CivilSpan): CivilSeries[] {
  const rows = rowsOf(join(folder, 'cambridge-hourly/meters.csv.gz'), moved(span, -CAMBRIDGE_SUMMER_OFFSET_MS));
  return columnsOf(rows, ['timestamp_utc']).map((column) => ({
    origin: `cambridge-hourly/${column}`,
    stepMs: MS_PER_HOUR,
    energyAt: collect(rows, column, CAMBRIDGE_SUMMER_OFFSET_MS, (cell) => micro(cell)),
  }));
}

function polito(folder: string, span: CivilSpan): CivilSeries {
  const shift = POLITO_SHIFT_DAYS * MS_PER_DAY;
  const rows = rowsOf(join(folder, 'polito-15min/meter.csv.gz'), moved(span, -shift));
  return {
    origin: 'polito-15min/total_kw',
    stepMs: 15 * MS_PER_MINUTE,
    energyAt: collect(rows, 'total_kw', shift, (cell) => micro(cell) / 4n),
  };
}

function simbench(folder: string, span: CivilSpan): CivilSeries[] {
  const shift = SIMBENCH_SHIFT_DAYS * MS_PER_DAY;
  const rows = rowsOf(join(folder, 'simbench-15min/profiles_pu.csv.gz'), moved(span, -shift));
  return columnsOf(rows, ['timestamp_local']).map((column) => ({
    origin: `simbench-15min/${column}`,
    stepMs: 15 * MS_PER_MINUTE,
    energyAt: collect(rows, column, shift, (cell) => (micro(cell) * SIMBENCH_PEAK_WATT) / 4000n),
  }));
}

type Row = Record<string, string>;

/** Rows of a gzipped CSV whose first column, a timestamp in ISO order, lies in the span; the rest is never parsed. */
function rowsOf(file: string, span: CivilSpan): Row[] {
  const [header = '', ...lines] = gunzipSync(readFileSync(file)).toString('utf8').split('\n');
  const [from, to] = [civilText(span.from), civilText(span.to)];
  const wanted = lines.filter((line) => line >= from && line < to);
  return parse([header, ...wanted].join('\n'), { columns: true, skip_empty_lines: true });
}

function columnsOf(rows: readonly Row[], except: readonly string[]): string[] {
  return Object.keys(rows[0] ?? {}).filter((column) => !except.includes(column));
}

function collect(
  rows: readonly Row[],
  column: string,
  shiftMs: number,
  energyOf: (cell: string) => bigint,
): Map<number, bigint> {
  const energyAt = new Map<number, bigint>();
  for (const row of rows) {
    const [stamp = ''] = Object.values(row);
    const cell = row[column] ?? '';
    if (cell !== '') energyAt.set(Date.parse(`${stamp.slice(0, 16)}:00Z`) + shiftMs, energyOf(cell));
  }
  return energyAt;
}

/** Decimal text in millionths, digits beyond the sixth cut: kWh to micro-kWh, kW to mW times 1000. */
function micro(cell: string): bigint {
  const [whole = '0', fraction = ''] = cell.split('.');
  return BigInt(whole + fraction.slice(0, 6).padEnd(6, '0'));
}

function moved(span: CivilSpan, ms: number): CivilSpan {
  return { from: span.from + ms, to: span.to + ms };
}

function civilText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16);
}
