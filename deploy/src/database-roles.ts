import pg from 'pg';
import { ADMIN, ownerOf, passwordFrom, postgresUrl, SCHEMAS, type Stack } from './stack.ts';

const CONNECT_TIMEOUT_MS = 3000;

/** Whether the server takes the administrator's password. */
export async function databaseAnswers(stack: Stack): Promise<boolean> {
  return withDatabase(stack, ADMIN, 'postgres', async (client) => Boolean(await client.query('SELECT 1'))).catch(
    () => false,
  );
}

/** Creates the database, its roles and schemas, or sets them right; can be repeated. */
export async function ensureDatabase(stack: Stack): Promise<void> {
  await withDatabase(stack, ADMIN, 'postgres', async (client) => {
    for (const schema of SCHEMAS) await ensureRoles(client, stack, schema);
    await client.query('REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC');
  });
  await ensureSchemas(stack, stack.postgres.database, SCHEMAS);
}

/** Creates a database with the schemas given, each owned by its owner role and usable by its runtime role. */
export async function ensureSchemas(stack: Stack, database: string, schemas: readonly string[]): Promise<void> {
  await withDatabase(stack, ADMIN, 'postgres', async (client) => {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
    await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
    const roles = schemas.flatMap((schema) => [schema, ownerOf(schema)]).join(', ');
    await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${roles}`);
  });
  await withDatabase(stack, ADMIN, database, async (client) => {
    await client.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
    for (const schema of schemas) await client.query(schemaSql(schema));
  });
}

/** Runs `work` with one connection of a role and closes it. */
export async function withDatabase<T>(
  stack: Stack,
  role: string,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const connectionString = postgresUrl(stack, role, database);
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function ensureRoles(client: pg.Client, stack: Stack, schema: string): Promise<void> {
  for (const role of [ownerOf(schema), schema]) {
    const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
    if (found.rowCount === 0) await client.query(`CREATE ROLE ${role}`);
    const password = passwordFrom(stack.postgres.users, role);
    await client.query(
      `ALTER ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD '${password}'`,
    );
    await client.query(`ALTER ROLE ${role} SET search_path = ${schema}`);
  }
}

/** The runtime role may use what the owner creates, and create nothing itself. */
function schemaSql(schema: string): string {
  const owner = ownerOf(schema);
  const defaults = `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${schema}`;
  return `
    CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${owner};
    GRANT USAGE ON SCHEMA ${schema} TO ${schema};
    ${defaults} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${schema};
    ${defaults} GRANT USAGE, SELECT ON SEQUENCES TO ${schema};
    ${defaults} GRANT EXECUTE ON FUNCTIONS TO ${schema};
  `;
}
