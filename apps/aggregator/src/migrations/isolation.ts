/** Rows of a tenant: visible only under `SET LOCAL gridpact.tenant`; with no setting there are no rows. */
export function tenantRows(table: string): string {
  return `
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
    ALTER TABLE ${table} ADD CONSTRAINT ${table}_tenant_named CHECK (tenant <> '');
    CREATE POLICY ${table}_of_tenant ON ${table}
      USING (tenant = current_setting('gridpact.tenant', true))
      WITH CHECK (tenant = current_setting('gridpact.tenant', true));
  `;
}

/** Rows of a tenant that are also some user's own: that user sees and writes them under `SET LOCAL gridpact.user`. */
export function userRows(table: string): string {
  return `
    ${tenantRows(table)}
    CREATE POLICY ${table}_of_user ON ${table}
      USING (user_party <> '' AND user_party = current_setting('gridpact.user', true))
      WITH CHECK (user_party <> '' AND user_party = current_setting('gridpact.user', true));
  `;
}
