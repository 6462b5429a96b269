import { required } from '@gridpact/kernel';
import { z } from 'zod';
import { later } from '../city/timetable.js';
import { until } from '../staff/staff.js';
import { type Sheddings, correctLast } from './deliver.js';
import { granted } from './enrol.js';
import { untilState } from './event.js';
import { EVENT, type Player, type World, setClock } from './world.js';

const totals = z.object({ amountFen: z.string(), differenceFen: z.string() });

/** One settlement run as the settlement service shows it. */
export const runView = z.object({
  run: z.int(),
  kind: z.string(),
  cause: z.string(),
  statement: z.string(),
  sealed: z.boolean(),
  totals,
});
const runsAnswer = z.object({ runs: z.array(runView) });
const dispute = z.object({ dispute: z.string() });

/** The event ends and settles; one user disputes, readings are corrected, the difference is paid; then all is final. */
export async function settle(world: World, sheddings: Sheddings): Promise<void> {
  const end = required(world.times.intervals.at(-1), 'last event interval').end;
  await untilState(world, 'ended');
  await setClock(world, later(end, 0, 15));
  await untilRun(world, 1);
  await setClock(world, later(end, 16));
  for (const player of world.players.filter(({ site }) => site.role.incident === 'wrong-reading'))
    await disputeLine(world, player);
  await correctLast(world, sheddings, ['wrong-reading', 'gap'], later(end, 16, 1));
  await setClock(world, later(end, 17));
  await untilRun(world, 2);
  await setClock(world, later(end, 40));
  await correctLast(world, sheddings, ['late-correction'], later(end, 40, 1));
  await setClock(world, later(end, 41));
  await untilRun(world, 3);
  const runsUrl = `${world.env.GRIDPACT_SETTLEMENT_URL}/v1/events/${EVENT}/runs`;
  await world.operator.ask(runsUrl, { kind: 'FINAL', cause: 'end of the public notice period' }, z.unknown());
  await untilRun(world, 4);
}

/** Runs of the event, oldest first. */
export async function runsOf(world: World): Promise<z.infer<typeof runView>[]> {
  const { runs } = await world.operator.read(
    `${world.env.GRIDPACT_SETTLEMENT_URL}/v1/events/${EVENT}/runs`,
    runsAnswer,
  );
  return runs.sort((a, b) => a.run - b.run);
}

async function untilRun(world: World, run: number): Promise<void> {
  await until(`settlement run ${run} to be sealed`, async () =>
    (await runsOf(world)).some((one) => one.run === run && one.sealed),
  );
}

async function disputeLine(world: World, player: Player): Promise<void> {
  const [first] = await runsOf(world);
  const body = {
    dispute: `dispute-${player.site.site}`,
    event: EVENT,
    settlement: required(first, 'the first run').statement,
    site: player.site.site,
    reason: 'The last hour shows the load of a day without curtailment.',
    evidenceSha256: null,
  };
  granted(`${player.site.site} disputes`, await player.phone.dispute(body));
  const raised = await until('the dispute to be listed', async () => {
    const seen = await world.operator.read(
      `${world.env.GRIDPACT_SETTLEMENT_URL}/v1/disputes`,
      z.object({ disputes: z.array(dispute) }),
    );
    return seen.disputes.find((one) => one.dispute === body.dispute);
  });
  const ruling = { outcome: 'upheld', reason: 'The gateway sent a reading of another day; a corrected one follows.' };
  await world.operator.ask(
    `${world.env.GRIDPACT_SETTLEMENT_URL}/v1/disputes/${raised.dispute}/ruling`,
    ruling,
    z.unknown(),
  );
}
