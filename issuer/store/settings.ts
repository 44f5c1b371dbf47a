import { bytesToHex } from "../../common/index.js";
import type { Network } from "../../lightning/network.js";
import { StoreError } from "./errors.js";
import type { Store } from "./types.js";

/** What a ledger belongs to. */
export interface StoreOwner {
  readonly network: Network;
  /** 33 bytes. */
  readonly nodeId: Uint8Array;
}

/**
 * Ties the database to one network and node on first use, and refuses it for any other after that: a regtest
 * ledger must never meet a node with real money.
 * @throws StoreError `foreign`
 */
export async function bindStore(store: Store, owner: StoreOwner): Promise<void> {
  const wanted = { network: owner.network, node: bytesToHex(owner.nodeId) };
  await store.write(async (tx) => {
    for (const [name, value] of Object.entries(wanted)) {
      await tx
        .insertInto("settings")
        .values({ name, value })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const { value: found } = await tx
        .selectFrom("settings")
        .select("value")
        .where("name", "=", name)
        .executeTakeFirstOrThrow();
      if (found !== value)
        throw new StoreError("foreign", `the ledger belongs to ${name} ${found}, not to ${value}`, {
          hint: "Use the ledger of this node, or start a new one.",
        });
    }
  });
}
