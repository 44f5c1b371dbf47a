import { sql } from "kysely";
import { StoreError } from "./errors.js";
import { MIGRATIONS, SCHEMA_VERSION } from "./migrations/index.js";
import type { Store, Tx } from "./types.js";

/** Any fixed number: one migration at a time among all processes of a server. */
const MIGRATION_LOCK = 0x63686571;

/**
 * Brings the schema to the newest version, step by step, in one transaction: it is done whole or not at all.
 * @param target for tests that need an older version
 * @throws StoreError `newer-version` when a newer release wrote the database
 */
export async function migrate(store: Store, target = SCHEMA_VERSION): Promise<void> {
  if ((await store.read((tx) => schemaVersion(store, tx))) === target) return;
  const steps = async (tx: Tx): Promise<void> => {
    if (store.kind === "postgres") await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(tx);
    const found = await schemaVersion(store, tx);
    if (found > target)
      throw new StoreError(
        "newer-version",
        `the database was written by a newer release: it has schema ${found}, this release knows up to ${target}`,
        { hint: "Update chequecard; the database was not touched." },
      );
    if (found === 0)
      await sql`create table schema_version (version bigint primary key, applied_at text not null)`.execute(
        tx,
      );
    for (const migration of MIGRATIONS.filter(({ version }) => version > found && version <= target)) {
      await migration.up(tx, store.kind);
      const now = new Date().toISOString();
      await sql`insert into schema_version (version, applied_at) values (${migration.version}, ${now})`.execute(
        tx,
      );
    }
  };
  await store.write(steps, { long: true });
}

/** The version a database has; 0 when it is empty. */
async function schemaVersion(store: Store, tx: Tx): Promise<number> {
  const there =
    store.kind === "sqlite"
      ? sql`select 1 from sqlite_master where name = 'schema_version'`
      : sql`select 1 from pg_tables where schemaname = current_schema() and tablename = 'schema_version'`;
  if ((await there.execute(tx)).rows.length === 0) return 0;
  const { rows } = await sql<{ version: bigint }>`select max(version) as version from schema_version`.execute(
    tx,
  );
  return Number.parseInt(`${rows[0]?.version ?? 0}`, 10);
}
