import { type QueryExecutorProvider, sql } from "kysely";
import type { StoreKind } from "../types.js";

/**
 * Offline acceptance (specs/09): the certificates of cards, the packs given to terminals, payments that the issuer
 * guaranteed, and what cards owe for them.
 */
export async function up(db: QueryExecutorProvider, kind: StoreKind): Promise<void> {
  const lite = kind === "sqlite";
  const int = lite ? "integer" : "bigint";
  const bytes = lite ? "blob" : "bytea";
  const keyed = lite ? "strict, without rowid" : "";
  const amount = (name: string) => `${name} ${int} not null check (${name} >= 0)`;
  const flag = (name: string) => `${name} ${int} not null check (${name} in (0, 1))`;
  // What an earlier step wrote in this transaction may wait for deferred triggers: tables with such are not altered.
  if (!lite) await sql.raw("set constraints all immediate").execute(db);
  const statements = [
    `alter table cards add column offline_limit ${int} not null default 0 check (offline_limit >= 0)`,
    `alter table cards add column certified_until ${int} not null default 0 check (certified_until >= 0)`,
    `alter table accounts add column owed ${int} not null default 0 check (owed >= 0)`,
    `create table packs (sequence ${int} primary key check (sequence > 0),
       follows ${int} not null unique check (follows < sequence), terminal ${bytes} not null,
       label text not null, payee ${bytes} not null, issuer ${bytes} not null,
       made_at ${int} not null, valid_until ${int} not null check (valid_until > made_at),
       forwarding_window ${int} not null check (forwarding_window > 0),
       ${amount("per_sale")}, ${amount("per_card")}, ${amount("per_terminal")}, ${amount("max_sales")},
       ${amount("max_age")}, ${amount("denied")},
       ${amount("guaranteed_per_card")}, ${amount("guaranteed_in_all")}, ${flag("contradictions")},
       revoked_at ${int}) ${keyed}`,
    `create index packs_payee on packs (payee)`,
    `create table guarantees (card ${int} not null, counter ${int} not null,
       amount ${int} not null check (amount > 0), cause text not null,
       payee ${bytes} not null, at ${int} not null, primary key (card, counter)) ${keyed}`,
    `create table guarantee_total (id ${int} primary key check (id = 1), ${amount("owed")}) ${keyed}`,
    `insert into guarantee_total (id, owed) values (1, 0)`,
    `create index accounts_owed on accounts (card) where owed > 0`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
