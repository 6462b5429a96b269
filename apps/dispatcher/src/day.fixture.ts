import { topics, type Awarded, type EventChanged, type NominationDecision, type Submission } from '@gridpact/contracts';
import { instantOf } from '@gridpact/kernel';
import { parseStatement, type Statement } from '@gridpact/statement';
import { EventReader } from './event/event-reader.js';
import { batchOf, nomination, outboxOf, receiptOf, sent, type World } from './life.fixture.js';
import { NominationMessages } from './nomination/nomination.messages.js';
import { Scheduler } from './schedule/scheduler.js';
import { SealMessages } from './statements/seal.messages.js';

/** Gate closure of the event that tests announce. */
export const GATE = '2026-07-01T12:00:00.000Z';
/** First log index that receipts of tests give. */
const FIRST_INDEX = 100;

/** The event that a test is about, in the dispatcher that runs now. */
interface Scene {
  readonly world: World;
  readonly event: string;
  /** Leaf hash of the announcement. */
  readonly announced: string;
}

/** What parties do to an event, and what can be seen of it; the scene may change between calls. */
export function dayOf(scene: () => Scene) {
  return { ...partiesOf(scene), ...tracesOf(scene) };
}

function partiesOf(scene: () => Scene) {
  const receive = async (statement: Statement, messageId?: string): Promise<void> => {
    const { world, event } = scene();
    const ids = messageId === undefined ? [] : [`${event}-${messageId}`];
    await world.module.get(NominationMessages).onNominations(batchOf(topics.nomination, [sent(statement)], ids));
  };
  const nominate = async (committed: readonly Statement[], revealed: readonly Statement[]): Promise<void> => {
    for (const statement of committed) await receive(statement);
    scene().world.clock.at = instantOf(GATE);
    for (const statement of revealed) await receive(statement);
  };
  const offer = (aggregator: string, watt = '50000', price = '1000000') => {
    return nomination(scene().event, scene().announced, aggregator, watt, price);
  };
  const seal = async (statements: readonly Statement[]): Promise<void> => {
    const receipts = statements.map((statement, at) => receiptOf(statement, FIRST_INDEX + at));
    await scene().world.module.get(SealMessages).onReceipts(batchOf(topics.receipt, receipts));
  };
  const lookUntilIdle = async (): Promise<void> => {
    while ((await scene().world.module.get(Scheduler).look()) > 0);
  };
  return { receive, nominate, offer, seal, lookUntilIdle };
}

function tracesOf(scene: () => Scene) {
  const told = async <T extends { readonly event: string }>(topic: { name: string }): Promise<T[]> => {
    return (await outboxOf<T>(scene().world, topic)).filter(({ event }) => event === scene().event);
  };
  const submittedStatements = async (): Promise<Statement[]> => {
    const submitted = await outboxOf<Submission>(scene().world, topics.submission);
    const parsed = submitted.map(({ entry }) => parseStatement(Buffer.from(entry, 'base64')));
    const statements = parsed.flatMap((statement) => (statement.ok ? [statement.value] : []));
    return statements.filter(({ envelope }) => envelope.subject === scene().event);
  };
  return {
    state: async () => (await scene().world.module.get(EventReader).byId(scene().event))?.event.state,
    decisions: () => told<NominationDecision>(topics.nominationDecision),
    changes: () => told<EventChanged>(topics.event),
    awards: () => told<Awarded>(topics.award),
    submittedStatements,
  };
}
