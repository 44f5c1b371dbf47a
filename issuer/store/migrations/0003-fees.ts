import { type QueryExecutorProvider, sql } from "kysely";
import type { StoreKind } from "../types.js";

/**
 * Routing fees by card and hour, for budgets; payments in flight counted instead of searched; fees that a card bears;
 * how often a contradicting message came (specs/03 §6).
 */
export async function up(db: QueryExecutorProvider, kind: StoreKind): Promise<void> {
  const lite = kind === "sqlite";
  const int = lite ? "integer" : "bigint";
  const keyed = lite ? "strict, without rowid" : "";
  const held = `${int} not null default 0 check (held >= 0`;
  // Every fee that was reserved or paid, at the hour in which its payment was decided.
  const counted = `select a.card, a.decided_at / 3600000 as hour,
      coalesce(l.max_fee, a.fee, 0) as amount
    from authorizations a left join leases l on l.card = a.card and l.counter = a.counter
    where a.state <> 'void'`;
  const total = (text: string) => `cast(coalesce((${text}), 0) as bigint)`;

  const statements = [
    `alter table accounts add column held ${held} and spent + held <= funded)`,
    `alter table leases add column held ${held})`,
    `create index leases_payee on leases (payee)`,
    `alter table evidence add column times ${int} not null default 1`,
    `create table card_fees (card ${int} not null, hour ${int} not null, amount ${int} not null,
       primary key (card, hour)) ${keyed}`,
    `create table issuer_fees (hour ${int} not null, side text not null check (side in ('reserved', 'resolved')),
       amount ${int} not null, primary key (hour, side)) ${keyed}`,
    `create table totals (side text primary key check (side in ('reserved', 'resolved')),
       payments ${int} not null, fees ${int} not null) ${keyed}`,
    `insert into card_fees (card, hour, amount)
       select card, hour, cast(sum(amount) as bigint) from (${counted}) c group by card, hour having sum(amount) > 0`,
    `insert into issuer_fees (hour, side, amount)
       select hour, 'reserved', cast(sum(amount) as bigint) from (${counted}) c group by hour having sum(amount) > 0`,
    `insert into totals (side, payments, fees)
       values ('reserved', ${total("select count(*) from leases")}, ${total(`select sum(amount) from (${counted}) c`)}),
         ('resolved', 0, 0)`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
