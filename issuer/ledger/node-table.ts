import { sql } from "kysely";
import { bytesToHex } from "../../common/bytes.js";
import { findNode, insertNode, insertTotals, nodeIds, unlisted } from "../store/nodes.js";
import type { Store, Tx } from "../store/types.js";
import { LedgerError } from "./errors.js";

/**
 * Adds a node to a ledger, or takes a retired one into use again. One that is in use stays as it is.
 * @param now Unix milliseconds
 * @throws LedgerError `unknown-node` before the ledger was bound to its first node
 */
export async function addNode(
  store: Store,
  nodeId: Uint8Array,
  { label = "", now = Date.now() }: { readonly label?: string; readonly now?: number } = {},
): Promise<void> {
  await store.write(async (tx) => {
    await lockTable(store, tx);
    const first = await tx.selectFrom("nodes").select("node").limit(1).executeTakeFirst();
    if (!first)
      throw new LedgerError("unknown-node", "the ledger belongs to no node yet", {
        hint: "Start the service of its first node once: chequecard issuer serve <folder>",
      });
    const found = await findNode(tx, nodeId);
    if (!found) await insertNode(tx, nodeId, label, now);
    else if (found.state === "retired") {
      await tx.updateTable("nodes").set({ state: "active" }).where("node", "=", found.node).execute();
      await insertTotals(tx, found.node);
    }
    if (found && label !== "")
      await tx.updateTable("nodes").set({ label }).where("node", "=", found.node).execute();
  });
}

/**
 * Retires a node: nothing is reserved for it from then on, not by a service of it that still runs either.
 * @throws StoreError `foreign` when the ledger has no such node; LedgerError `wrong-state` while payments of it are in
 *   flight, or when it is the only one in use
 */
export async function retireNode(store: Store, nodeId: Uint8Array): Promise<void> {
  await store.write(async (tx) => {
    await lockTable(store, tx);
    const found = await findNode(tx, nodeId);
    if (!found) throw unlisted(await nodeIds(tx), nodeId);
    if (found.state === "retired") return;
    const others = await tx
      .selectFrom("nodes")
      .select("node")
      .where("state", "=", "active")
      .where("node", "<>", found.node)
      .execute();
    if (others.length === 0)
      throw new LedgerError("wrong-state", `node ${bytesToHex(nodeId)} is the ledger's only node in use`, {
        hint: "Add the node that takes over first: chequecard ledger add-node <id>",
      });
    // A reservation raises a row of these: it is before this one, and counted, or finds them gone.
    await tx.deleteFrom("node_totals").where("node", "=", found.node).execute();
    const { count } = await tx
      .selectFrom("leases")
      .select((eb) => eb.fn.countAll<bigint>().as("count"))
      .where("node", "=", found.node)
      .executeTakeFirstOrThrow();
    if (count > 0n)
      throw new LedgerError("wrong-state", `node ${bytesToHex(nodeId)} has ${count} payments in flight`, {
        hint: "Only its own service may resolve them: let it run until none is left, then stop it and try again.",
      });
    await tx.updateTable("nodes").set({ state: "retired" }).where("node", "=", found.node).execute();
  });
}

/** Changes of the table of nodes come one after the other. */
async function lockTable(store: Store, tx: Tx): Promise<void> {
  if (store.kind === "postgres") await sql`lock table nodes in share row exclusive mode`.execute(tx);
}
