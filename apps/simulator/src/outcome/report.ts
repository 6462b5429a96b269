import * as echarts from 'echarts';
import type { ChainRow, CurvePoint, Outcome, OutcomeRow } from './outcome.js';
import { cny, kwh } from './table.js';

const SIZE = { width: 900, height: 320 };

/** The event as one HTML file that needs no network and no script: charts are drawn into it as SVG. */
export function reportHtml(outcome: Outcome): string {
  const curves = Object.entries(outcome.curves).map(([party, points]) =>
    section(`${party}: baseline, target, actual`, curveSvg(points)),
  );
  return page(`Gridpact: event ${outcome.event}`, [
    section('Result', resultTable(outcome)),
    ...curves,
    section('Clearing stack', stackSvg(outcome)),
    section(
      'Refused, and why',
      table(
        ['who', 'what', 'code', 'reason'],
        outcome.refused.map((one) => [one.who, one.what, one.code, one.detail]),
      ),
    ),
    section('Settlement runs', runsTable(outcome)),
    section(`Chain of ${outcome.chain.length} statements`, chainTable(outcome.chain)),
    section(
      'Log',
      `<p>${escape(outcome.log.origin)}, ${outcome.log.size} entries, root <code>${outcome.log.root}</code>, cosigned by ${escape(outcome.log.cosigners.join(', '))}</p>`,
    ),
  ]);
}

function curveSvg(points: readonly CurvePoint[]): string {
  const last = points.at(-1);
  // A step is drawn from its point to the next: the last interval needs an end to be seen.
  const shown = last ? [...points, { ...last, label: 'end' }] : points;
  return svg({
    animation: false,
    legend: { top: 0 },
    grid: { left: 70, right: 20, top: 40, bottom: 40 },
    xAxis: { type: 'category', data: shown.map(({ label }) => label) },
    yAxis: { type: 'value', name: 'kW' },
    series: [
      {
        name: 'baseline',
        type: 'line',
        step: 'end',
        data: shown.map(({ baselineKw }) => round(baselineKw)),
        lineStyle: { type: 'dashed' },
      },
      { name: 'target', type: 'line', step: 'end', data: shown.map(({ targetKw }) => round(targetKw)) },
      {
        name: 'actual',
        type: 'line',
        step: 'end',
        data: shown.map(({ actualKw }) => round(actualKw)),
        lineStyle: { width: 3 },
      },
    ],
  });
}

function stackSvg({ stack }: Outcome): string {
  const names = stack.map(({ aggregator }, at) => `${at + 1} ${aggregator}`);
  const kw = (watt: bigint): number => round(Number(watt) / 1000);
  return svg({
    animation: false,
    legend: { top: 0 },
    grid: { left: 70, right: 70, top: 40, bottom: 40 },
    xAxis: { type: 'category', data: names },
    yAxis: [
      { type: 'value', name: 'kW' },
      { type: 'value', name: 'CNY/kWh' },
    ],
    series: [
      { name: 'accepted', type: 'bar', stack: 'blocks', data: stack.map(({ acceptedWatt }) => kw(acceptedWatt)) },
      {
        name: 'not accepted',
        type: 'bar',
        stack: 'blocks',
        data: stack.map(({ watt, acceptedWatt }) => kw(watt - acceptedWatt)),
        itemStyle: { color: '#ccc' },
      },
      {
        name: 'price',
        type: 'line',
        yAxisIndex: 1,
        step: 'middle',
        data: stack.map(({ priceMicroCnyPerKwh }) => Number(priceMicroCnyPerKwh) / 1e6),
      },
    ],
  });
}

function svg(option: echarts.EChartsCoreOption): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...SIZE });
  chart.setOption(option);
  const drawn = chart.renderToSVGString();
  chart.dispose();
  return drawn;
}

function resultTable({ rows, total }: Outcome): string {
  const cells = (row: OutcomeRow): string[] => [
    row.party,
    String(row.sites),
    kwh(row.awardedMicroKwh),
    kwh(row.confirmedMicroKwh),
    kwh(row.deliveredMicroKwh),
    cny(row.amountFen),
    cny(row.aggregatorFen),
    cny(row.userFen),
  ];
  const columns = [
    'party',
    'sites',
    'awarded kWh',
    'confirmed kWh',
    'delivered kWh',
    'payment CNY',
    'aggregator CNY',
    'users CNY',
  ];
  return table(columns, [...rows, total].map(cells));
}

function runsTable({ runs }: Outcome): string {
  const rows = runs.map(({ run, kind, amountFen, differenceFen, cause }) => [
    String(run),
    kind,
    cny(amountFen),
    cny(differenceFen),
    cause,
  ]);
  return table(['run', 'kind', 'amount CNY', 'difference CNY', 'cause'], rows);
}

function chainTable(chain: readonly ChainRow[]): string {
  const indexOf = new Map(chain.map(({ leafHash, index }) => [leafHash, index]));
  const rows = chain.map(({ index, type, by, at, leafHash, parents }) => [
    String(index),
    type,
    by,
    at,
    leafHash.slice(0, 16),
    parents.map((parent) => String(indexOf.get(parent) ?? parent.slice(0, 8))).join(' '),
  ]);
  return table(['index', 'type', 'by', 'at', 'leaf hash', 'follows from'], rows);
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`;
  const body =
    rows.length > 0
      ? rows.map((cells) => row(cells, 'td')).join('\n')
      : `<tr><td colspan="${columns.length}">none</td></tr>`;
  return `<table><thead>${row(columns, 'th')}</thead><tbody>${body}</tbody></table>`;
}

function section(title: string, content: string): string {
  return `<section><h2>${escape(title)}</h2>${content}</section>`;
}

function page(title: string, sections: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title>
<style>
body { font: 14px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid #ddd; padding: 0.25rem 0.5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
section { margin: 2rem 0; } svg { max-width: 100%; height: auto; }
</style></head><body><h1>${escape(title)}</h1>
<p>Sandbox: business time is played. Meter series are real; the response in the event is simulated on top of them.</p>
${sections.join('\n')}
</body></html>
`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function round(kw: number): number {
  return Math.round(kw * 10) / 10;
}
