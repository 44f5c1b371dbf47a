import { type Selectable, type SelectQueryBuilder, sql } from "kysely";
import type { AuthorizationState, AuthorizationsTable, Tables } from "../store/schema.js";
import type { Db, Tx } from "../store/types.js";
import { cardKey } from "../store/values.js";

/** An authorization without what only the node has: the preimage. */
export type AuthorizationEntry = Omit<
  Selectable<AuthorizationsTable>,
  "preimage" | "live" | "spent_after" | "node"
> & {
  /** Of the node that it was reserved for, or that refused it, 33 bytes; null: it is not in the ledger's table. */
  readonly node_id: Buffer | null;
};

/** Which authorizations; all that is given must hold. */
export interface AuthorizationFilter {
  /** 8 bytes. */
  readonly card?: Uint8Array | undefined;
  readonly state?: AuthorizationState | undefined;
  /** Node id, 33 bytes. */
  readonly payee?: Uint8Array | undefined;
  readonly paymentHash?: Uint8Array | undefined;
  /** Decided at or after, and before; Unix milliseconds. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const COLUMNS = [
  "card",
  "counter",
  "authorizations.state",
  "amount",
  "total_after",
  "flags",
  "sequence",
  "invoice_hash",
  "payment_hash",
  "payee",
  "signature",
  "decided_at",
  "resolved_at",
  "fee",
  "reason",
  "node_id",
] as const;

/** The newest authorizations first. @param limit at most that many */
export async function listAuthorizations(
  db: Db | Tx,
  filter: AuthorizationFilter,
  limit: number,
): Promise<AuthorizationEntry[]> {
  return await filtered(db.selectFrom("authorizations"), filter)
    .leftJoin("nodes", "nodes.node", "authorizations.node")
    .select([...COLUMNS])
    .orderBy("decided_at", "desc")
    .orderBy("card")
    .orderBy("counter", "desc")
    .limit(limit)
    .execute();
}

/** One authorization; undefined when the counter of that card was never seen. @param card 8 bytes */
export async function showAuthorization(
  db: Db | Tx,
  card: Uint8Array,
  counter: bigint,
): Promise<AuthorizationEntry | undefined> {
  return await db
    .selectFrom("authorizations")
    .leftJoin("nodes", "nodes.node", "authorizations.node")
    .select([...COLUMNS])
    .where("card", "=", cardKey(card))
    .where("counter", "=", counter)
    .executeTakeFirst();
}

type Query<O> = SelectQueryBuilder<Tables, "authorizations", O>;

/** Adds a filter to a query of authorizations. */
function filtered<O>(query: Query<O>, filter: AuthorizationFilter): Query<O> {
  const { card, state, payee, paymentHash, from, to } = filter;
  let narrowed = query;
  if (card) narrowed = narrowed.where("authorizations.card", "=", cardKey(card));
  if (state) narrowed = narrowed.where("authorizations.state", "=", state);
  if (payee) narrowed = narrowed.where("payee", "=", Buffer.from(payee));
  if (paymentHash) narrowed = narrowed.where("payment_hash", "=", Buffer.from(paymentHash));
  if (from !== undefined) narrowed = narrowed.where("decided_at", ">=", BigInt(from));
  if (to !== undefined) narrowed = narrowed.where("decided_at", "<", BigInt(to));
  return narrowed;
}

/** Rows of a page. */
const PAGE = 5000;

/** Every authorization in the order of card and counter, read in pages so that memory stays bounded. */
export async function* eachAuthorization(
  tx: Db | Tx,
  filter: AuthorizationFilter = {},
): AsyncGenerator<Selectable<AuthorizationsTable>> {
  let last: { card: bigint; counter: bigint } | undefined;
  for (;;) {
    let query = filtered(tx.selectFrom("authorizations"), filter)
      .selectAll()
      .orderBy("card")
      .orderBy("counter")
      .limit(PAGE);
    if (last) query = query.where(sql<boolean>`(card, counter) > (${last.card}, ${last.counter})`);
    const rows = await query.execute();
    yield* rows;
    last = rows.at(-1);
    if (rows.length < PAGE) return;
  }
}
