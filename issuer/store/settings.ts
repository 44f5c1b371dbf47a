import type { Network } from "../../lightning/network.js";
import { StoreError } from "./errors.js";
import { bindNode } from "./nodes.js";
import type { Store, Tx } from "./types.js";

/** What a ledger belongs to. */
export interface StoreOwner {
  readonly network: Network;
  /** Of a node that pays for its cards, 33 bytes. */
  readonly nodeId: Uint8Array;
}

/**
 * Ties the database to one network and a first node on first use. After that it refuses every other network, and every
 * node that is not in its table: a regtest ledger must never meet a node with real money, and two nodes that do not know
 * of each other would pay twice.
 * @throws StoreError `foreign`
 */
export async function bindStore(store: Store, { network, nodeId }: StoreOwner): Promise<void> {
  await store.write(async (tx) => {
    await bindNetwork(tx, network);
    await bindNode(tx, nodeId);
  });
}

/** Processes that bind an empty ledger at once wait for each other here. */
async function bindNetwork(tx: Tx, network: Network): Promise<void> {
  await tx
    .insertInto("settings")
    .values({ name: "network", value: network })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { value: found } = await tx
    .selectFrom("settings")
    .select("value")
    .where("name", "=", "network")
    .executeTakeFirstOrThrow();
  if (found !== network)
    throw new StoreError("foreign", `the ledger belongs to network ${found}, not to ${network}`, {
      hint: "Use the ledger of this network, or start a new one.",
    });
}
