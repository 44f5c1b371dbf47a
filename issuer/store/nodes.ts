import type { Selectable } from "kysely";
import { bytesToHex, equalBytes } from "../../common/bytes.js";
import { StoreError } from "./errors.js";
import type { NodesTable } from "./schema.js";
import type { Db, Store, Tx } from "./types.js";
import { blob, nodeKey } from "./values.js";

/** A node that pays for the cards of a ledger. */
export type LedgerNode = Selectable<NodesTable>;

/** The nodes of a ledger in the order in which they were added, the retired ones too. */
export async function listNodes(db: Db | Tx): Promise<LedgerNode[]> {
  return await db.selectFrom("nodes").selectAll().orderBy("added_at").orderBy("node").execute();
}

/** The ids of all nodes of a ledger, 33 bytes each. */
export async function nodeIds(db: Db | Tx): Promise<Buffer[]> {
  return (await listNodes(db)).map(({ node_id }) => node_id);
}

/** Keeps what the channels of a node can send and receive, millisatoshi. @param now Unix milliseconds */
export async function noteLiquidity(
  store: Store,
  nodeId: Uint8Array,
  { outbound, inbound }: { readonly outbound: bigint; readonly inbound: bigint },
  now: number,
): Promise<void> {
  await store.write(async (tx) => {
    await tx
      .updateTable("nodes")
      .set({ outbound, inbound, seen_at: BigInt(now) })
      .where("node", "=", nodeKey(nodeId))
      .execute();
  });
}

/**
 * Makes the first node of a ledger, or expects this one in its table.
 * @throws StoreError `foreign`
 */
export async function bindNode(tx: Tx, nodeId: Uint8Array): Promise<void> {
  const ids = await nodeIds(tx);
  if (ids.length === 0) {
    // A ledger of an earlier release that was never bound: its rows can only be of the node that it meets now.
    const node = nodeKey(nodeId);
    for (const table of ["cards", "authorizations", "leases", "unmatched"] as const)
      await tx.updateTable(table).set({ node }).where("node", "=", 0n).execute();
    await insertNode(tx, nodeId, "", Date.now());
    return;
  }
  const found = await findNode(tx, nodeId);
  if (!found) throw unlisted(ids, nodeId);
  if (found.state === "retired")
    throw new StoreError("foreign", `node ${bytesToHex(nodeId)} was retired from the ledger`, {
      hint: `Start the service with a node in use, or take it into use again: chequecard ledger add-node ${bytesToHex(nodeId)}`,
    });
}

/** The error for a node that is not in the table. */
export const unlisted = (ids: readonly Buffer[], nodeId: Uint8Array): StoreError => {
  const name = bytesToHex(nodeId);
  const known = ids.map((id) => id.toString("hex")).join(", ");
  return new StoreError(
    "foreign",
    `the ledger belongs to ${ids.length === 1 ? "node" : "nodes"} ${known}, not to ${name}`,
    {
      hint: `Use the ledger of this node, or start a new one. Where it shall pay for the cards of this ledger too, add it: chequecard ledger add-node ${name}`,
    },
  );
};

/** A node of the table. @throws StoreError `foreign` where another node's id begins with the same bytes */
export async function findNode(tx: Tx, nodeId: Uint8Array) {
  const node = nodeKey(nodeId);
  const row = await tx
    .selectFrom("nodes")
    .select(["node", "node_id", "state"])
    .where("node", "=", node)
    .executeTakeFirst();
  if (row && !equalBytes(row.node_id, nodeId))
    throw new StoreError("foreign", `node ${bytesToHex(nodeId)} has the name of another node of the ledger`, {
      hint: "Give the node another key: the first 9 bytes of its id are those of a node that is there.",
    });
  return row;
}

/** Adds a node that is not in the table. @param now Unix milliseconds */
export async function insertNode(tx: Tx, nodeId: Uint8Array, label: string, now: number): Promise<void> {
  const node = nodeKey(nodeId);
  await tx
    .insertInto("nodes")
    .values({ node, node_id: blob(nodeId), label, state: "active", added_at: BigInt(now) })
    .execute();
  await insertTotals(tx, node);
}

/** The counts of a node that comes into use. What is in flight is counted: a ledger of an earlier release may have some. */
export async function insertTotals(tx: Tx, node: bigint): Promise<void> {
  const { count } = await tx
    .selectFrom("leases")
    .select((eb) => eb.fn.countAll<bigint>().as("count"))
    .where("node", "=", node)
    .executeTakeFirstOrThrow();
  await tx
    .insertInto("node_totals")
    .values([
      { node, side: "reserved", payments: count },
      { node, side: "resolved", payments: 0n },
    ])
    .execute();
}
