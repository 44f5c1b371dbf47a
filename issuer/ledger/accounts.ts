import type { Selectable } from "kysely";
import { type Msat, msat } from "../../common/index.js";
import type { AccountsTable } from "../store/schema.js";
import type { Store, Tx } from "../store/types.js";
import { cardIdOf } from "../store/values.js";
import { LedgerError } from "./errors.js";

export type AccountRow = Selectable<AccountsTable>;

/** Card id as sixteen hex digits, for messages. */
export const cardName = (card: bigint): string => Buffer.from(cardIdOf(card)).toString("hex");

/**
 * The account of a card, held until the transaction ends.
 * @throws LedgerError `unknown-card`
 */
export async function lockAccount(store: Store, tx: Tx, card: bigint): Promise<AccountRow> {
  const query = tx.selectFrom("accounts").selectAll().where("card", "=", card);
  const row = await (store.kind === "postgres" ? query.forUpdate() : query).executeTakeFirst();
  if (!row)
    throw new LedgerError("unknown-card", `card ${cardName(card)} is not in the ledger`, {
      hint: "Check the card id.",
    });
  return row;
}

/** Writes an account back whole. */
export async function saveAccount(tx: Tx, { card, ...values }: AccountRow): Promise<void> {
  await tx.updateTable("accounts").set(values).where("card", "=", card).execute();
}

/** What can still be reserved, paid out or moved. */
export const remaining = (account: Pick<AccountRow, "funded" | "spent">): Msat =>
  msat(account.funded - account.spent, "remaining");
