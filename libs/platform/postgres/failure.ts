/** SQLSTATEs that say "try again": lost or refused connections, shutdown, resources, conflicts between transactions. */
const TRANSIENT_CLASSES = ['08', '53', '58'];
const TRANSIENT_STATES = [
  '57014',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '40001',
  '40P01',
  '55P03',
  '25P03',
  '25006',
  'XX000',
];
const CONFLICT_STATES = ['40001', '40P01'];
const CONNECTION_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|not queryable|connection error|Query read timeout|Driver not Connected|is not established/i;

/**
 * What a database error is: `conflict` when the transaction lost against another and may run again at once, `transient`
 * when the database is away or short of something, `none` when the statement itself is at fault.
 */
export function databaseFailure(error: unknown): 'conflict' | 'transient' | 'none' {
  const state = sqlStateOf(error);
  if (state && CONFLICT_STATES.includes(state)) return 'conflict';
  if (state && (TRANSIENT_STATES.includes(state) || TRANSIENT_CLASSES.includes(state.slice(0, 2)))) return 'transient';
  return !state && error instanceof Error && CONNECTION_MESSAGES.test(error.message) ? 'transient' : 'none';
}

/** True when an error carries this SQLSTATE, such as `23505` for a broken unique constraint. */
export function isSqlState(error: unknown, state: string): boolean {
  return sqlStateOf(error) === state;
}

function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined;
}
