import { type Policy, type PolicyGroup, type Vkey, parseVkey } from '@gridpact/tlog';
import type { WitnessConfig } from '../config.js';

/** Voices that make a checkpoint count: any two of power company, (any) aggregator, regulator. */
export const QUORUM_VOICES = 2;
const QUORUM_NAME = 'quorum';

/**
 * The policy of this log (tlog-policy). Witnesses of one group are one voice, however many they are, so that no side
 * gains weight by running more of them; a witness without a group is a voice of its own.
 */
export function policyOf(logKey: Vkey, logUrl: string, witnesses: readonly WitnessConfig[]): Policy {
  const groups = groupsOf(witnesses);
  const voices = [...new Set(witnesses.map(({ party, group }) => group ?? party))];
  return {
    logs: [{ vkey: logKey, url: logUrl }],
    witnesses: witnesses.map(({ party, vkey, url }) => ({ name: party, vkey: parseVkey(vkey), url })),
    groups: [...groups, { name: QUORUM_NAME, threshold: QUORUM_VOICES, members: voices }],
    quorum: QUORUM_NAME,
  };
}

function groupsOf(witnesses: readonly WitnessConfig[]): PolicyGroup[] {
  const members = Map.groupBy(
    witnesses.filter(({ group }) => group !== undefined),
    ({ group }) => group ?? '',
  );
  return [...members].map(([name, of]) => ({ name, threshold: 1, members: of.map(({ party }) => party) }));
}
