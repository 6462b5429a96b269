import { platformMigrations } from '@gridpact/platform/postgres';
import { AnswerRow, WithdrawalRow } from './answers/answer.entity.js';
import { EnrolmentRow, StandingOfferRow } from './enrolments/enrolment.entity.js';
import { EventRow } from './events/event.entity.js';
import { AwardRow, InstructionRow } from './instructions/instruction.entity.js';
import { Answers0000000001003 } from './migrations/answers-0000000001003.js';
import { Events0000000001002 } from './migrations/events-0000000001002.js';
import { OfferNames0000000001004 } from './migrations/offer-names-0000000001004.js';
import { Portfolio0000000001001 } from './migrations/portfolio-0000000001001.js';
import { NominationRow } from './nominations/nomination.entity.js';
import { SiteRow } from './sites/site.entity.js';
import { StatementRoute, StatementRow } from './statements/statement.entity.js';

/** Every entity of this service. */
export const entities = [
  StatementRow,
  StatementRoute,
  SiteRow,
  EnrolmentRow,
  StandingOfferRow,
  EventRow,
  NominationRow,
  AwardRow,
  InstructionRow,
  AnswerRow,
  WithdrawalRow,
];

/** Every migration of this service's schema, in order; the platform's tables first. */
export const migrations = [
  ...platformMigrations,
  Portfolio0000000001001,
  Events0000000001002,
  Answers0000000001003,
  OfferNames0000000001004,
];
