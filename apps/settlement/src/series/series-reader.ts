import { type DossierSeries, dossierSeries } from '@gridpact/dossier';
import { formatInstant, type Interval } from '@gridpact/kernel';
import { AccessTokens } from '@gridpact/platform/auth';
import { ProblemError } from '@gridpact/platform/http';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { mapBounded } from '../bounded.js';
import { SETTLEMENT_CONFIG, type SettlementConfig } from '../config.js';

/** Meters asked for at once. */
const PARALLEL = 4;
const TIMEOUT_MS = 30_000;
/** Largest answer for one meter: 60 days of minutes with some corrections. */
const MAX_CHARS = 64 * 1024 * 1024;

/** One line of ingest's answer; what it says beside the part itself is not trusted and not read. */
const line = z.object(dossierSeries.shape);

/** Reads meters' sealed series from ingest, part by part. */
@Injectable()
export class SeriesReader {
  constructor(
    @Inject(SETTLEMENT_CONFIG) private readonly config: SettlementConfig,
    private readonly tokens: AccessTokens,
  ) {}

  /** Parts over a span, by meter. */
  async parts(meters: readonly string[], span: Interval): Promise<Map<string, DossierSeries[]>> {
    const found = await mapBounded(meters, PARALLEL, (meter) => this.ofMeter(meter, span));
    return new Map(meters.map((meter, at) => [meter, found[at] ?? []]));
  }

  private async ofMeter(meter: string, { start, end }: Interval): Promise<DossierSeries[]> {
    const url = new URL('/v1/series', this.config.GRIDPACT_INGEST_URL);
    const query = { meter, from: formatInstant(start), to: formatInstant(end) };
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${await this.tokens.token()}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw new ProblemError(answer.status, `http_${answer.status}`, text.slice(0, 300), url.href);
    if (text.length > MAX_CHARS) throw new RangeError(`series of ${meter} exceeds ${MAX_CHARS} characters`);
    const lines = text.split('\n').filter((one) => one !== '');
    return lines.map((one) => line.parse(JSON.parse(one)));
  }
}
