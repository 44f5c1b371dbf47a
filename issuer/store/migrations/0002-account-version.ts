import { type QueryExecutorProvider, sql } from "kysely";
import type { StoreKind } from "../types.js";

/** A version for each account, so that a change of one that was changed since it was read fails. */
export async function up(db: QueryExecutorProvider, kind: StoreKind): Promise<void> {
  const int = kind === "sqlite" ? "integer" : "bigint";
  await sql
    .raw(`alter table accounts add column version ${int} not null default 0 check (version >= 0)`)
    .execute(db);
}
