import { type QueryExecutorProvider, sql } from "kysely";
import type { StoreKind } from "../types.js";

/** Pages that show holders what is on their cards (specs/04 §11.1), and wrong codes that were tried on them. */
export async function up(db: QueryExecutorProvider, kind: StoreKind): Promise<void> {
  const lite = kind === "sqlite";
  const int = lite ? "integer" : "bigint";
  const bytes = lite ? "blob" : "bytea";
  const keyed = lite ? "strict, without rowid" : "";
  const hash = (name: string) => `${name} ${bytes} not null check (length(${name}) = 32)`;
  const statements = [
    `create table card_pages (card ${int} primary key, ${hash("secret_hash")} unique, ${hash("code_hash")},
       made_at ${int} not null, revoked_at ${int},
       tries_until ${int} not null check (tries_until >= 0)) ${keyed}`,
    `create table card_page_tries (${hash("secret_hash")}, ${hash("visitor")},
       tries ${int} not null check (tries > 0), locked_until ${int} not null, tried_at ${int} not null,
       primary key (secret_hash, visitor)) ${keyed}`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
