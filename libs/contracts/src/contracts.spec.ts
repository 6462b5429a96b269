import { describe, expect, it } from 'vitest';
import { ALL_TOPICS, TOPIC_RIGHTS, asyncApiDocument, topicByName } from './index.js';

describe('topics', () => {
  it('are named <service>.<noun>.v<version>, each once', () => {
    const names = ALL_TOPICS.map((declared) => declared.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z-]+\.[a-z-]+\.v\d+$/);
  });

  it('have exactly one producer, but for the ledger’s intake that every signer may write', () => {
    const producersOf = (name: string): string[] =>
      Object.entries(TOPIC_RIGHTS).flatMap(([service, rights]) => (rights.produces.includes(name) ? [service] : []));
    for (const declared of ALL_TOPICS.filter(
      ({ name }) => !name.includes('dead-letter') && name !== 'ledger.submission.v1',
    )) {
      expect(producersOf(declared.name)).toEqual([declared.name.split('.')[0]]);
    }
  });

  it('are known by name, and a name from elsewhere throws', () => {
    expect(topicByName('ledger.receipt.v1').summary).toContain('quorum');
    expect(() => topicByName('ledger.rumour.v1')).toThrow('no topic');
  });

  it('describe each channel with the JSON Schema of its message', () => {
    const document = asyncApiDocument('0.0.0') as {
      channels: Record<string, { messages: { message: { payload: object } } }>;
    };
    expect(Object.keys(document.channels)).toHaveLength(ALL_TOPICS.length);
    expect(document.channels['dispatcher-clock-v1']?.messages.message.payload).toMatchObject({
      required: expect.arrayContaining(['revision']),
    });
  });
});
