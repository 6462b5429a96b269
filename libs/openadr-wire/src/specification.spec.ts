import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import * as wire from './index.js';

interface SpecSchema {
  readonly required?: string[];
  readonly properties?: Record<string, unknown>;
}

const specification = new URL('../spec/openadr3-3.1.1.yaml', import.meta.url);
const { components } = parse(readFileSync(specification, 'utf8')) as {
  components: { schemas: Record<string, SpecSchema> };
};

const TRANSCRIBED: [string, z.ZodObject][] = [
  ['programRequest', wire.programRequest],
  ['eventRequest', wire.eventRequest],
  ['reportRequest', wire.reportRequest],
  ['objectMetadata', wire.objectMetadata],
  ['interval', wire.interval],
  ['intervalPeriod', wire.intervalPeriod],
  ['valuesMap', wire.valuesMap],
  ['point', wire.point],
  ['eventPayloadDescriptor', wire.eventPayloadDescriptor],
  ['reportPayloadDescriptor', wire.reportPayloadDescriptor],
  ['reportDescriptor', wire.reportDescriptor],
  ['problem', wire.oadrProblem],
];

it.each(TRANSCRIBED)('%s has the properties of the specification, and requires what it requires', (name, schema) => {
  const specified = components.schemas[name];
  const json = z.toJSONSchema(schema, { io: 'input' });
  expect(Object.keys(json.properties ?? {}).sort()).toEqual(Object.keys(specified?.properties ?? {}).sort());
  expect((json.required ?? []).sort()).toEqual((specified?.required ?? []).sort());
});

it('knows every object type of the specification', () => {
  const specified = components.schemas['objectTypes'] as { enum: string[] };
  expect(wire.objectType.options).toEqual(specified.enum);
});

it('writes durations with the pattern of the specification', () => {
  const specified = components.schemas['duration'] as { pattern: string };
  for (const text of ['PT1H', 'P9999Y', '-PT5M', 'P1W', 'P', 'PT', '1H', '']) {
    expect(wire.duration.safeParse(text).success).toBe(new RegExp(specified.pattern).test(text));
  }
});
