import { randomUUID } from 'node:crypto';
import {
  ADMIN,
  ensureSchemas,
  ownerOf,
  postgresUrl,
  schemaOf,
  withDatabase,
  type Service,
  type Stack,
} from '@gridpact/deploy';

/** An empty database of its own for one test file. */
export interface FreshDatabase {
  readonly name: string;
  /** GRIDPACT_DATABASE_URL: the runtime role, without DDL. */
  readonly url: string;
  /** GRIDPACT_MIGRATION_DATABASE_URL: the role that owns the schema. */
  readonly migrationUrl: string;
  /** The same two for another schema of the database, such as `ledger_lock`. */
  urlsOf(schema: string): { url: string; migrationUrl: string };
  /** Removes the database, connections and all. */
  drop(): Promise<void>;
}

/** Creates a database with the service's schema and roles as provisioning makes them; drop it in `afterAll`. */
export async function freshDatabase(stack: Stack, service: Service): Promise<FreshDatabase> {
  const schema = schemaOf(service);
  const schemas = service === 'ledger' ? [schema, 'ledger_lock'] : [schema];
  const name = `test_${schema}_${randomUUID().replaceAll('-', '')}`;
  await ensureSchemas(stack, name, schemas);
  const urlsOf = (of: string) => ({
    url: postgresUrl(stack, of, name),
    migrationUrl: postgresUrl(stack, ownerOf(of), name),
  });
  return { name, ...urlsOf(schema), urlsOf, drop: () => dropDatabase(stack, name) };
}

function dropDatabase(stack: Stack, name: string): Promise<void> {
  return withDatabase(
    stack,
    ADMIN,
    'postgres',
    async (client) => void (await client.query(`DROP DATABASE ${name} WITH (FORCE)`)),
  );
}
