import { type Refusal, type Result, refuse } from '@gridpact/kernel';
import canonicalize from 'canonicalize';
import { type SettlementInputs, settlementInputs } from './inputs.js';
import type { ContractRefusal, SettlementOutputs } from './outputs.js';
import { settleEvent } from './settle.js';

/** Longest inputs accepted, UTF-16 code units. */
export const MAX_INPUTS_LENGTH = 256 * 1024 * 1024;
/** Most faults named in one refusal. */
const MAX_NAMED_FAULTS = 3;

/**
 * The sealed contract: RFC 8785 canonical JSON of {@link settlementInputs} in, canonical JSON of `settlementOutputs`
 * out. Pure: the same text gives the same text on every machine. Never throws on bad inputs; the answer says `refused`.
 */
export function runContract(inputsText: string): string {
  const inputs = parseInputs(inputsText);
  const settled = inputs.ok ? settleEvent(inputs.value) : inputs;
  return canonicalText(settled.ok ? settled.value : refusedOutputs(settled.refusal));
}

/** Canonical JSON text of a plain value: the form in which inputs and outputs are hashed and sealed. */
export function canonicalText(value: object): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('not a JSON value');
  return text;
}

function parseInputs(text: string): Result<SettlementInputs, ContractRefusal> {
  if (text.length > MAX_INPUTS_LENGTH)
    return refuse('inputs_too_long', `inputs exceed ${MAX_INPUTS_LENGTH} characters`);
  const value = parseJson(text);
  if (value === null || canonicalize(value) !== text) {
    return refuse('not_canonical_json', 'inputs are not an object in RFC 8785 canonical JSON');
  }
  const parsed = settlementInputs.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const faults = parsed.error.issues.slice(0, MAX_NAMED_FAULTS);
  return refuse('schema', faults.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
}

function parseJson(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function refusedOutputs(refusal: Refusal<ContractRefusal>): SettlementOutputs {
  return { v: 1, outcome: 'refused', code: refusal.code, detail: refusal.detail };
}
