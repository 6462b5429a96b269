import { SERVICES, type Service, type Stack } from '@gridpact/deploy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsAtRest } from './footprint.ts';
import { ask, operationsOf, type Answered, type Asked, type Operation } from './operations.ts';
import { probersOf, type Role } from './probers.ts';
import { closeSandbox, freshSandbox } from './sandbox.ts';

/** What anyone may ask without a token; whatever else is open is a fault. */
const PUBLIC = new Set([
  'ledger GET /log/checkpoint',
  'ledger GET /log/tile/{path}',
  'ledger GET /v1/receipts/{leafHash}',
  'ledger GET /v1/statements/{leafHash}/receipt',
  'ledger GET /v1/policy',
  'ledger GET /v1/keys',
  'ledger GET /v1/log',
  'identity POST /v1/registrations',
  'mobile-api POST /mobile/v1/device-keys',
  'mobile-api GET /mobile/v1/server-time',
  'mobile-api GET /mobile/v1/trust',
]);
const NOT_FOUND = [400, 404, 414];
/** What is told of an event that nobody knows, where foreign and unknown must look alike: nothing. */
const TELLS_NOTHING: Readonly<Record<string, number>> = {
  'aggregator GET /v1/events/{event}/nominations': 200,
  'dispatcher GET /v1/events/{id}/awards': 200,
  'dispatcher GET /v1/events/{id}/dispatches': 200,
  'settlement GET /v1/events/{event}/payment-orders': 200,
  'settlement GET /v1/events/{event}/dossier': 409,
};
const NOT_VALID = [400, 422];
/** Query parameters with a form of their own. */
const TYPED_QUERIES = new Set(['limit', 'skip', 'from', 'to', 'run']);
const LARGE = JSON.stringify({ text: 'x'.repeat(1_048_576) });
const DEEP = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;

/** Bodies that fit no operation. */
const BODIES: readonly [string, Asked, readonly number[]][] = [
  ['JSON that breaks off', { body: '{"a":' }, [400]],
  ['no JSON', { body: 'garbage' }, [400]],
  ['bytes that are no UTF-8', { body: '"\ud800"' }, [400, 422]],
  ['an empty body', { body: '' }, [400]],
  ['null', { body: 'null' }, NOT_VALID],
  ['a number', { body: '7' }, NOT_VALID],
  ['an empty list', { body: '[]' }, NOT_VALID],
  ['a list of nulls', { body: '[null]' }, NOT_VALID],
  ['an empty object', { body: '{}' }, NOT_VALID],
  ['unknown members', { body: '{"unknown":true}' }, NOT_VALID],
  ['a poisoned prototype', { body: '{"__proto__":{"roles":["operator"]}}' }, NOT_VALID],
  ['wrong types', { body: JSON.stringify({ event: 7, program: {}, entry: [], code: null, at: 'x' }) }, NOT_VALID],
  ['deep nesting', { body: DEEP }, NOT_VALID],
  ['another media type', { body: '<a/>', contentType: 'application/xml' }, [400, 415]],
  ['a body above the limit', { body: LARGE }, [413]],
];

let stack: Stack;
let tokens: ReadonlyMap<Role, string>;
let before: Record<string, string>;

beforeAll(async () => {
  stack = await freshSandbox();
  tokens = await probersOf(stack);
  before = await rowsAtRest(stack);
});
afterAll(() => closeSandbox());

describe.each(SERVICES)('%s', (service) => {
  it('lists its operations', async () => {
    expect((await operationsOf(stack, service)).length).toBeGreaterThan(2);
  });

  it('wants a token for everything that is not public, and a valid one', async () => {
    const faults = await judged(service, async (operation) => {
      if (PUBLIC.has(nameOf(operation))) return [];
      const answers = [await ask(stack, operation, bodyFor(operation, {}))];
      for (const token of ['x', 'a.b.c', 'e30.e30.'])
        answers.push(await ask(stack, operation, bodyFor(operation, { token })));
      return answers.map((answer) => faultOf('no token', answer, [401]));
    });
    expect(faults).toEqual([]);
  });

  it('refuses bodies that do not fit', async () => {
    const faults = await judged(service, async (operation) => {
      if (!operation.takesBody) return [];
      const found: (string | undefined)[] = [];
      for (const [what, asked, expected] of BODIES) found.push(...(await everyRole(operation, what, asked, expected)));
      return found;
    });
    expect(faults).toEqual([]);
  });

  it('finds nothing under ids that nothing has, nor under what is no id', async () => {
    const faults = await judged(service, async (operation) => {
      if (!operation.path.includes('{') || operation.takesBody) return [];
      const found: (string | undefined)[] = [];
      const expected = [...NOT_FOUND, TELLS_NOTHING[nameOf(operation)] ?? 404];
      for (const id of [
        'unknown',
        '0'.repeat(64),
        '%00',
        '%ff',
        '..%2f..%2fetc',
        'x'.repeat(2_000),
        '%F0%9F%94%8C',
        "'--",
      ])
        found.push(...(await everyRole(operation, `id ${id.slice(0, 12)}`, { id }, expected)));
      return found;
    });
    expect(faults).toEqual([]);
  });

  it('refuses queries that do not fit', async () => {
    const faults = await judged(service, async (operation) => {
      const found: (string | undefined)[] = [];
      for (const query of operation.queries) {
        for (const value of ['%00', 'garbage', '-1', '1e99', 'x'.repeat(2_000)]) {
          const strict = TYPED_QUERIES.has(query) && !operation.takesBody;
          const asked = bodyFor(operation, { query: `${query}=${value}` });
          const expected = strict ? NOT_FOUND : [200, ...NOT_FOUND, ...NOT_VALID];
          found.push(...(await everyRole(operation, `${query}=${value.slice(0, 8)}`, asked, expected)));
        }
      }
      return found;
    });
    expect(faults).toEqual([]);
  });
});

describe('all of it', () => {
  it('has changed no row of any service, and the log has not grown', async () => {
    expect(await rowsAtRest(stack)).toEqual(before);
  });
});

/** Asks as every role: each is refused for its role or as expected, and at least one got past its role. */
async function everyRole(
  operation: Operation,
  what: string,
  asked: Asked,
  expected: readonly number[],
): Promise<(string | undefined)[]> {
  const answers = await Promise.all([...tokens.values()].map((token) => ask(stack, operation, { ...asked, token })));
  const admitted = answers.filter(({ problem }) => problem !== 'missing_role');
  const nobody = admitted.length === 0 ? [`${what}: no role may ask this`] : [];
  return [...nobody, ...admitted.map((answer) => faultOf(what, answer, expected))];
}

function faultOf(what: string, { status, problem }: Answered, expected: readonly number[]): string | undefined {
  if (!expected.includes(status)) return `${what}: ${status} ${problem ?? 'without a problem'}`;
  return status < 400 || problem !== undefined ? undefined : `${what}: ${status} without a problem`;
}

async function judged(
  service: Service,
  judge: (operation: Operation) => Promise<(string | undefined)[]>,
): Promise<string[]> {
  const faults: string[] = [];
  for (const operation of await operationsOf(stack, service)) {
    const found = new Set((await judge(operation)).filter((fault) => fault !== undefined));
    faults.push(...[...found].map((fault) => `${nameOf(operation)}: ${fault}`));
  }
  return faults;
}

function nameOf({ service, method, path }: Operation): string {
  return `${service} ${method} ${path}`;
}

function bodyFor({ takesBody }: Operation, asked: Asked): Asked {
  return takesBody ? { ...asked, body: '{}' } : asked;
}
