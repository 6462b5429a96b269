export { LedgerClient, statementPage, type StatementPage, type StatementQuery } from './ledger-client.js';
export { submissionOf, type SubmissionMessage, type SubmissionOptions } from './submission.js';
