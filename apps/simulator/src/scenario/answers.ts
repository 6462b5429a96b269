import type { Result } from '@gridpact/kernel';
import { required } from '@gridpact/kernel';
import { later } from '../city/timetable.js';
import type { InstructionView } from '../phone/mobile-shapes.js';
import type { Answer } from '../phone/drafts.js';
import { until } from '../staff/staff.js';
import { granted } from './enrol.js';
import { EVENT, type Player, type World, inParallel, setClock } from './world.js';

/** Phones that answer at once. */
const PHONES_AT_ONCE = 16;

/** Users answer on their phones: in full, in part, not at all, twice; one replays another's answer and is refused. */
export async function answer(world: World): Promise<void> {
  await setClock(world, later(world.times.revealBy, 1));
  const early = world.players.filter(({ site }) => !['too-late', 'replays-foreign'].includes(site.role.answer));
  await inParallel(early, PHONES_AT_ONCE, (player) => answerOne(world, player));
  for (const player of playing(world, 'replays-foreign')) await replayForeign(world, player);
}

/** After the deadline: late answers are refused; standing offers have answered, and silence is what the contract says. */
export async function answerTooLate(world: World): Promise<void> {
  await setClock(world, later(world.times.confirmBy, 0, 10));
  for (const player of playing(world, 'too-late')) {
    const [instruction] = await instructionsOf(player);
    if (instruction)
      refusedAs(
        world,
        player,
        'confirm after the deadline',
        await player.phone.confirm(instruction, { answer: 'full' }),
      );
  }
}

/** One user leaves the running event. */
export async function leave(world: World): Promise<void> {
  for (const player of world.players.filter(({ site }) => site.role.incident === 'leaves')) {
    const [instruction] = await instructionsOf(player);
    const standing = required(instruction?.standing, `answer of ${player.site.site}`);
    granted(`${player.site.site} leaves`, await player.phone.withdraw(standing, 'a machine must run on'));
  }
}

/** The user's instructions of the played event. */
export async function instructionsOf({ site, phone }: Player): Promise<InstructionView[]> {
  const all = granted(`${site.site} reads its instructions`, await phone.instructions());
  return all.filter(({ body }) => body.event === EVENT);
}

async function answerOne(world: World, player: Player): Promise<void> {
  const [instruction] = await instructionsOf(player);
  if (!instruction) return;
  switch (player.site.role.answer) {
    case 'full':
      return confirm(world, player, instruction, { answer: 'full' });
    case 'part':
      return confirm(world, player, instruction, partOf(instruction, 2n));
    case 'declines':
      return confirm(world, player, instruction, { answer: 'declined' });
    case 'changes-answer':
      await confirm(world, player, instruction, { answer: 'full' });
      return confirm(
        world,
        player,
        required((await instructionsOf(player))[0], 'the instruction again'),
        partOf(instruction, 3n),
      );
    case 'standing-offer':
    case 'silent':
    case 'too-late':
    case 'replays-foreign':
      return;
  }
}

async function confirm(world: World, player: Player, instruction: InstructionView, given: Answer): Promise<void> {
  const asked = { statement: instruction.statement, body: instruction.body, standing: instruction.standing };
  const tapped = performance.now();
  const promised = granted(`${player.site.site} confirms`, await player.phone.confirm(asked, given));
  world.receipts.push(untilReceipt(player, promised.statement, tapped));
}

/** Machine ms from the tap until the phone holds a receipt that it checked itself. */
async function untilReceipt({ site, phone }: Player, statement: string, tapped: number): Promise<number> {
  await until(`the receipt of ${site.site}`, async () => (await phone.receipt(statement)).ok);
  return performance.now() - tapped;
}

function partOf(instruction: InstructionView, parts: bigint): Answer {
  return { answer: 'part', watts: instruction.body.intervals.map(({ watt }) => BigInt(watt) - BigInt(watt) / parts) };
}

/** Sends another user's signed answer as if it were one's own. */
async function replayForeign(world: World, player: Player): Promise<void> {
  for (const other of world.players) {
    if (other === player || other.site.role.answer !== 'full') continue;
    const [instruction] = await instructionsOf(other);
    const kept = instruction?.standing && (await other.phone.kept(instruction.standing));
    if (!kept) continue;
    refusedAs(
      world,
      player,
      `replay the confirmation of ${other.site.site}`,
      await player.phone.sendConfirmation(kept),
    );
    return;
  }
}

function refusedAs(world: World, player: Player, what: string, result: Result<unknown>): void {
  if (result.ok) throw new Error(`${player.site.site} could ${what}`);
  world.refused.push({
    who: `user of ${player.site.site}`,
    what,
    code: result.refusal.code,
    detail: result.refusal.detail,
  });
}

function playing(world: World, style: Player['site']['role']['answer']): Player[] {
  return world.players.filter(({ site }) => site.role.answer === style);
}
