import { BrokenChain, type DossierSeries, type Evidence, type ProvenPart, provenPart } from '@gridpact/dossier';
import { ok, refuse, type Result } from '@gridpact/kernel';

/**
 * Checks every part of a meter's series: its records hash to the root of its batch item, and that item stands under the
 * batch root of a sealed commitment. One part that differs refuses them all.
 */
export function provenParts(
  evidence: Evidence,
  meter: string,
  series: readonly DossierSeries[],
): Result<ProvenPart[], 'part_unproven'> {
  const parts: ProvenPart[] = [];
  for (const part of series) {
    const proven = proof(evidence, part);
    if (!proven.ok) return proven;
    if (proven.value.meter !== meter)
      return refuse('part_unproven', `a part of ${proven.value.meter} was handed over as one of ${meter}`);
    parts.push(proven.value);
  }
  return ok(parts);
}

function proof(evidence: Evidence, part: DossierSeries): Result<ProvenPart, 'part_unproven'> {
  try {
    return ok(provenPart(evidence, part));
  } catch (error) {
    if (!(error instanceof BrokenChain)) throw error;
    const { code, where, detail } = error.link;
    return refuse('part_unproven', `${code} at ${where}: ${detail}`);
  }
}
