import { type QueryExecutorProvider, sql } from "kysely";
import type { StoreKind } from "../types.js";

/** Refunds of sales to the cards that paid, by the invoices of this issuer's nodes (specs/03 §6). */
export async function up(db: QueryExecutorProvider, kind: StoreKind): Promise<void> {
  const lite = kind === "sqlite";
  const int = lite ? "integer" : "bigint";
  const bytes = lite ? "blob" : "bytea";
  const statements = [
    `create table refunds (refund_hash ${bytes} primary key, payment_hash ${bytes} not null,
       refund_id ${bytes} not null, card ${int} not null, counter ${int} not null,
       amount ${int} not null check (amount > 0), invoice text not null, node ${bytes} not null,
       expires_at ${int} not null, created_at ${int} not null,
       state text not null check (state in ('open', 'settled', 'closed')),
       preimage ${bytes}, received ${int} check (received >= amount),
       credited ${int}, operation ${int}, resolved_at ${int},
       unique (payment_hash, refund_id), unique (credited, operation),
       check ((state = 'open') = (resolved_at is null)),
       check ((state = 'settled') = (preimage is not null)),
       check ((state = 'settled') = (received is not null)),
       check ((state = 'settled') = (credited is not null)),
       check ((state = 'settled') = (operation is not null))) ${lite ? "strict, without rowid" : ""}`,
    `create index refunds_open on refunds (node) where state = 'open'`,
    `create index cards_replaces on cards (replaces) where replaces is not null`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
