import { type QueryExecutorProvider, sql } from "kysely";
import type { StoreKind } from "../types.js";

/** Orders of the issuer's people by their reference, each booked once; top-ups that were reversed (specs/03 §6). */
export async function up(db: QueryExecutorProvider, kind: StoreKind): Promise<void> {
  const lite = kind === "sqlite";
  const int = lite ? "integer" : "bigint";
  const keyed = lite ? "strict, without rowid" : "";
  const statements = [
    `create table orders (reference text primary key check (length(reference) between 1 and 64),
       request text not null, card ${int} not null, operation ${int},
       amount ${int} not null check (amount >= 0), at ${int} not null) ${keyed}`,
    `create unique index orders_operation on orders (card, operation)`,
    `alter table operations add column reverses ${int} check ((kind = 'reverse') = (reverses is not null))`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
