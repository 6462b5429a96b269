import type { DossierBatchItem } from '@gridpact/dossier';
import { type Result, ok, refuse } from '@gridpact/kernel';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RunStore } from '../runs/run-store.js';
import type { Holder } from './cut.js';

/** A line of a run with what proves it, and the meter that it was measured with. */
export interface HeldLine {
  readonly item: DossierBatchItem;
  readonly meter: string;
}

/** Lines of an event's sealed runs that a holder may see. */
@Injectable()
export class DossierLines {
  constructor(
    private readonly dataSource: DataSource,
    private readonly runs: RunStore,
  ) {}

  /** A holder without a line does not learn whether the event exists; runs must be sealed, all of them. */
  async of(
    event: string,
    { party, role }: Holder,
  ): Promise<Result<HeldLine[], 'unknown_event' | 'not_settled' | 'not_sealed_yet'>> {
    const sees = role === 'aggregator' || role === 'user' ? party : null;
    const runs = await this.runs.ofEvent(this.dataSource, event);
    const lines = await this.runs.lines(this.dataSource, { event, party: sees });
    if (lines.length === 0 && sees !== null) return refuse('unknown_event', `no line of event ${event} is yours`);
    if (runs.length === 0) return refuse('not_settled', `event ${event} is not settled yet`);
    const open = runs.find(({ sealed }) => !sealed);
    if (open) return refuse('not_sealed_yet', `run ${open.run} of event ${event} is not sealed yet`);
    const statements = new Map(runs.map(({ run, statement }) => [run, statement]));
    return ok(
      lines.map(({ run, opening }) => ({
        item: { statement: statements.get(run) ?? '', opening: { ...opening, path: [...opening.path] } },
        meter: opening.item.meter,
      })),
    );
  }
}
