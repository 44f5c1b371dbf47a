import { bytesToHex } from "../../common/bytes.js";
import { listNodes } from "../store/nodes.js";
import type { NodeState } from "../store/schema.js";
import type { Db, Tx } from "../store/types.js";
import { milliseconds } from "../store/values.js";

/** Payments, with the sum of their amounts. */
export interface PaymentSum {
  readonly payments: bigint;
  /** Millisatoshi, of any size. */
  readonly amount: bigint;
}

/** How a node of the ledger stands. */
export interface NodeStanding {
  /** What authorizations name it by. */
  readonly node: bigint;
  /** 33 bytes. */
  readonly nodeId: Buffer;
  /** For people. */
  readonly label: string;
  readonly state: NodeState;
  /** Unix milliseconds. */
  readonly addedAt: number;
  /** Cards in use whose URI names it, so that terminals ask it; those of before its release are counted to the first node. */
  readonly cards: bigint;
  /** Reserved and not yet resolved. */
  readonly inFlight: PaymentSum;
  /** Settled, all time. */
  readonly settled: PaymentSum;
  /** Open unmatched payments, fees included. */
  readonly unmatched: PaymentSum;
  /**
   * What its channels could send and receive, millisatoshi, and when, Unix milliseconds, as its service last told;
   * undefined: none has.
   */
  readonly liquidity:
    | { readonly outbound: bigint; readonly inbound: bigint; readonly at: number }
    | undefined;
}

const NONE: PaymentSum = { payments: 0n, amount: 0n };

/** Every node of the ledger with its part of the books, in the order in which they were added. Reads all authorizations. */
export async function nodeStandings(db: Db | Tx): Promise<NodeStanding[]> {
  const nodes = await listNodes(db);
  const sums = await db
    .selectFrom("authorizations")
    .select((eb) => ["node", "state", eb.fn.countAll<bigint>().as("payments")])
    .select((eb) => eb.fn.sum<bigint | string>("amount").as("amount"))
    .where("live", "=", 1n)
    .groupBy(["node", "state"])
    .execute();
  const cards = await db
    .selectFrom("cards")
    .innerJoin("accounts", "accounts.card", "cards.card")
    .select((eb) => ["cards.node", eb.fn.countAll<bigint>().as("count")])
    .where("accounts.state", "<>", "retired")
    .groupBy("cards.node")
    .execute();
  const unmatched = await db
    .selectFrom("unmatched")
    .select((eb) => ["node", eb.fn.countAll<bigint>().as("payments")])
    .select((eb) => eb.fn.sum<bigint | string>(eb("amount", "+", eb.ref("fee"))).as("amount"))
    .where("state", "=", "open")
    .groupBy("node")
    .execute();
  const sum = (row: { payments: bigint; amount: bigint | string } | undefined): PaymentSum =>
    row ? { payments: row.payments, amount: BigInt(row.amount) } : NONE;
  return nodes.map((one) => ({
    node: one.node,
    nodeId: one.node_id,
    label: one.label,
    state: one.state,
    addedAt: milliseconds(one.added_at),
    cards: cards.find(({ node }) => node === one.node)?.count ?? 0n,
    inFlight: sum(sums.find(({ node, state }) => node === one.node && state === "reserved")),
    settled: sum(sums.find(({ node, state }) => node === one.node && state === "settled")),
    unmatched: sum(unmatched.find(({ node }) => node === one.node)),
    liquidity:
      one.outbound === null || one.inbound === null || one.seen_at === null
        ? undefined
        : { outbound: one.outbound, inbound: one.inbound, at: milliseconds(one.seen_at) },
  }));
}

/** Payments in flight of each node in use, by its id in hex. Counted, whatever there are. */
export async function inFlightByNode(db: Db): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom("nodes")
    .innerJoin("node_totals", "node_totals.node", "nodes.node")
    .select(["node_id", "side", "payments"])
    .execute();
  const counts = new Map<string, bigint>();
  for (const { node_id, side, payments } of rows) {
    const id = bytesToHex(node_id);
    counts.set(id, (counts.get(id) ?? 0n) + (side === "reserved" ? payments : -payments));
  }
  return new Map([...counts].map(([id, count]) => [id, Number.parseInt(count.toString(), 10)]));
}
