import { type Msat, msat } from "../../common/index.js";
import type { Tx } from "../store/types.js";

/** What is reserved for payments of a card that have no end yet. */
export async function inFlightOf(tx: Tx, card: bigint): Promise<Msat> {
  const rows = await tx
    .selectFrom("authorizations")
    .select("amount")
    .where("card", "=", card)
    .where("state", "=", "reserved")
    .execute();
  return msat(rows.reduce((sum, { amount }) => sum + amount, 0n));
}
