export * from './container.js';
export * from './evidence.js';
export * from './facts.js';
export * from './inputs.js';
export { runsOf, type ProvenPart } from './verify/settlement.js';
export { intervalRecordJson, provenPart } from './verify/series.js';
export { BrokenChain, type BrokenLink, type Outcome, type Step, type VerificationReport } from './verify/report.js';
export { verifyDossier } from './verify/verify-dossier.js';
