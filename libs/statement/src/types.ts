import { z } from 'zod';
import * as event from './bodies/event.js';
import * as party from './bodies/party.js';
import * as settlement from './bodies/settlement.js';
import * as telemetry from './bodies/telemetry.js';

type Role = z.infer<typeof party.partyRole>;

/** What a statement type is: its body, whether the body stands in clear in the log, and whose keys must sign it. */
export interface StatementRule {
  readonly body: z.ZodType;
  /** Body in clear in the entry; otherwise the entry carries only a commitment. */
  readonly open: boolean;
  /** One signature by a party of each listed group is needed; a group lists the roles of which one suffices. */
  readonly signers: readonly (readonly Role[])[];
  /** Different keys of the one party that must sign, by their `use`: the rule of two people. */
  readonly uses?: readonly string[];
}

/** A party's own keys may grant and revoke keys of it, whatever its role; that they are its own is a rule of the ledger. */
const ANY_ROLE: readonly Role[] = party.partyRole.options;

/** Every statement type that the log accepts, by name (the table of the design; later types join here). */
export const STATEMENT_TYPES = {
  'log.genesis': {
    body: party.logGenesis,
    open: true,
    signers: [['power-company'], ['aggregator'], ['regulator'], ['registry']],
  },
  'party.registered': {
    body: party.partyRegistered,
    open: true,
    signers: [['registry'], ['user', 'device', 'aggregator', 'service']],
  },
  'key.granted': { body: party.keyGranted, open: true, signers: [ANY_ROLE] },
  'key.revoked': { body: party.keyRevoked, open: true, signers: [ANY_ROLE] },
  'clock.set': { body: party.clockSet, open: true, signers: [['power-company']] },
  'program.published': { body: party.programPublished, open: true, signers: [['power-company']] },
  'enrolment.agreed': { body: party.enrolmentAgreed, open: false, signers: [['aggregator'], ['user']] },
  'standing-offer.signed': { body: party.standingOfferSigned, open: false, signers: [['user']] },
  'event.announced': {
    body: event.eventAnnounced,
    open: true,
    signers: [['power-company']],
    uses: ['operator', 'approver'],
  },
  'event.cancelled': {
    body: event.eventCancelled,
    open: true,
    signers: [['power-company']],
    uses: ['operator', 'approver'],
  },
  'nomination.committed': { body: event.nomination, open: false, signers: [['aggregator']] },
  'nomination.revealed': { body: event.nomination, open: false, signers: [['aggregator']] },
  'clearing.computed': { body: event.clearingComputed, open: true, signers: [['power-company']] },
  'award.issued': { body: event.awardIssued, open: false, signers: [['power-company']] },
  'instruction.issued': { body: event.instructionIssued, open: false, signers: [['aggregator']] },
  'curtailment.confirmed': {
    body: event.curtailmentConfirmed,
    open: false,
    signers: [['user', 'aggregator', 'device', 'registry']],
  },
  'curtailment.withdrawn': {
    body: event.curtailmentWithdrawn,
    open: false,
    signers: [['user', 'aggregator', 'device']],
  },
  'outage.flagged': { body: event.outageFlagged, open: false, signers: [['power-company']] },
  'dispatch.sent': { body: event.recipientBatch, open: true, signers: [['service']] },
  'notice.sent': { body: event.recipientBatch, open: true, signers: [['service']] },
  'notice.acknowledged': { body: event.recipientBatch, open: true, signers: [['service', 'device']] },
  'telemetry.committed': { body: telemetry.telemetryCommitted, open: true, signers: [['service']] },
  'telemetry.corrected': { body: telemetry.telemetryCorrected, open: true, signers: [['service']] },
  'settlement.computed': { body: settlement.settlementComputed, open: true, signers: [['service']] },
  'settlement.revised': { body: settlement.settlementComputed, open: true, signers: [['service']] },
  'settlement.final': { body: settlement.settlementComputed, open: true, signers: [['service']] },
  'dispute.raised': { body: settlement.disputeRaised, open: false, signers: [['user', 'aggregator']] },
  'dispute.resolved': { body: settlement.disputeResolved, open: false, signers: [['power-company']] },
  'payment.ordered': { body: settlement.paymentBatch, open: false, signers: [['power-company', 'aggregator']] },
  'payment.made': { body: settlement.paymentBatch, open: false, signers: [['power-company', 'aggregator']] },
} as const satisfies Record<string, StatementRule>;

/** Name of a statement type. */
export type StatementType = keyof typeof STATEMENT_TYPES;

/** Body of a statement type, as its schema reads it. */
export type BodyOf<T extends StatementType> = z.infer<(typeof STATEMENT_TYPES)[T]['body']>;

/** True when `name` is a known statement type. */
export function isStatementType(name: string): name is StatementType {
  return Object.hasOwn(STATEMENT_TYPES, name);
}

/** Schema of statement type names. */
export const statementType = z.enum(Object.keys(STATEMENT_TYPES) as [StatementType, ...StatementType[]]);
