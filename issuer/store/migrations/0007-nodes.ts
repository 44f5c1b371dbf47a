import { type QueryExecutorProvider, sql } from "kysely";
import type { StoreKind } from "../types.js";
import { nodeKey } from "../values.js";

/** Of rows of a ledger that was never bound: they become those of the first node that it is bound to. */
const NO_NODE = 0n;

/** Tables whose rows name their node; a card the one of its URI. */
const OF_A_NODE = ["cards", "authorizations", "leases", "unmatched"];

/**
 * Several nodes on one ledger (specs/03 §4): a table of them in the place of one setting, and with every authorization,
 * lease and unmatched payment the node that it is of. Everything of an earlier release is of its one node.
 */
export async function up(db: QueryExecutorProvider, kind: StoreKind): Promise<void> {
  const lite = kind === "sqlite";
  const int = lite ? "integer" : "bigint";
  const bytes = lite ? "blob" : "bytea";
  const plain = lite ? "strict" : "";
  const keyed = lite ? "strict, without rowid" : "";
  const run = (statement: string) => sql.raw(statement).execute(db);
  // What an earlier step wrote in this transaction may wait for deferred triggers: tables with such are not altered.
  if (!lite) await run("set constraints all immediate");
  const bound = await setting(db, "node");
  const nodeId = bound === undefined ? undefined : Buffer.from(bound, "hex");
  const node = nodeId ? nodeKey(nodeId) : NO_NODE;
  const since = Number.parseInt((await setting(db, "payments-since")) ?? "", 10);
  const checked = Number.parseInt((await setting(db, "payments-checked")) ?? "", 10);

  await run(`create table nodes (node ${int} primary key, node_id ${bytes} not null unique, label text not null,
     state text not null check (state in ('active', 'retired')), added_at ${int} not null,
     payments_since ${int}, payments_checked ${int}, clear_at ${int},
     outbound ${int}, inbound ${int}, seen_at ${int}) ${plain}`);
  await run(`create table node_totals (node ${int} not null,
     side text not null check (side in ('reserved', 'resolved')), payments ${int} not null,
     primary key (node, side)) ${keyed}`);
  // A default makes no row be written again; on PostgreSQL it goes afterwards.
  for (const table of OF_A_NODE)
    await run(`alter table ${table} add column node ${int} not null default ${node}`);
  if (!lite) for (const table of OF_A_NODE) await run(`alter table ${table} alter column node drop default`);
  await oneForEachNode(run, lite);
  if (nodeId) {
    await sql`insert into nodes (node, node_id, label, state, added_at, payments_since, payments_checked)
      values (${node}, ${nodeId}, '', 'active', ${BigInt(Date.now())},
        ${orNull(since)}, ${orNull(checked)})`.execute(db);
    await sql`insert into node_totals (node, side, payments)
      select cast(${node} as bigint), 'reserved', count(*) from leases
      union all select cast(${node} as bigint), 'resolved', 0`.execute(db);
  }
  await run("delete from settings where name in ('node', 'payments-since', 'payments-checked')");
  await run("alter table totals drop column payments");
}

const orNull = (time: number): bigint | null => (Number.isNaN(time) ? null : BigInt(time));

async function setting(db: QueryExecutorProvider, name: string): Promise<string | undefined> {
  const { rows } = await sql<{ value: string }>`select value from settings where name = ${name}`.execute(db);
  return rows[0]?.value;
}

/** An unmatched payment hash is unique for each node: two could pay one. SQLite has no way to drop the old constraint. */
async function oneForEachNode(run: (statement: string) => Promise<unknown>, lite: boolean): Promise<void> {
  if (!lite) {
    await run("alter table unmatched drop constraint unmatched_payment_hash_key");
    await run("alter table unmatched add unique (payment_hash, node)");
    return;
  }
  const columns =
    "number, payment_hash, state, amount, fee, preimage, sent_at, found_at, card, counter, resolved_at, note, node";
  await run("alter table unmatched rename to unmatched_before");
  await run(`create table unmatched (number integer primary key, payment_hash blob not null,
     state text not null check (state in ('open', 'matched', 'written-off')),
     amount integer not null check (amount >= 0), fee integer not null check (fee >= 0),
     preimage blob not null, sent_at integer not null, found_at integer not null,
     card integer, counter integer, resolved_at integer, note text not null, node integer not null,
     unique (payment_hash, node),
     check ((card is null) = (counter is null)),
     check ((state = 'open') = (resolved_at is null))) strict`);
  await run(`insert into unmatched (${columns}) select ${columns} from unmatched_before`);
  await run("drop table unmatched_before");
}
