import type { Selectable } from "kysely";
import { formatCardId } from "../../apdu/card-id.js";
import { bytesToHex } from "../../common/bytes.js";
import { type Msat, msat } from "../../common/msat.js";
import { changedMeanwhile } from "../store/errors.js";
import { findMany } from "../store/many.js";
import type { AccountsTable, CardKind } from "../store/schema.js";
import type { FindStatement, Store, Tx } from "../store/types.js";
import { cardIdOf } from "../store/values.js";
import { LedgerError } from "./errors.js";

/** An account, and the kind of its card. */
export type AccountRow = Selectable<AccountsTable> & { readonly kind: CardKind };

/** Card id as it is printed on the card, for messages. */
export const cardName = (card: bigint): string => formatCardId(cardIdOf(card));

/** Card id as sixteen hex digits, for texts in the ledger that later tries are compared with. */
export const storedCardName = (card: bigint): string => bytesToHex(cardIdOf(card));

const int = "int" as const;
const ACCOUNT: FindStatement<"card", AccountRow> = findMany(
  { card: int },
  {
    card: int,
    state: "text",
    policy: int,
    funded: int,
    spent: int,
    voided: int,
    decided_at: int,
    top_counter: int,
    top_total: int,
    sequence: int,
    acknowledged: int,
    operation: int,
    activated: int,
    version: int,
    held: int,
    owed: int,
    kind: "text",
  },
  (p) =>
    `select accounts.*, (select kind from cards where cards.card = accounts.card) as kind from accounts where card = ${p.card}`,
  { lock: true },
);

/**
 * The accounts of cards, held until the transaction ends. All that a transaction needs are to be locked by one call,
 * before anything else: they are locked in the order of their ids, so that two processes cannot wait for each other.
 * @returns those that there are
 */
export async function lockAccounts(
  store: Store,
  tx: Tx,
  cards: readonly bigint[],
): Promise<ReadonlyMap<bigint, AccountRow>> {
  const sorted = [...new Set(cards)].sort((a, b) => (a < b ? -1 : 1));
  const rows = await store.many.find(
    tx,
    ACCOUNT,
    sorted.map((card) => ({ card })),
  );
  return new Map(sorted.flatMap((card, i) => (rows[i] ? [[card, rows[i]] as const] : [])));
}

/**
 * The account of a card, held until the transaction ends.
 * @throws LedgerError `unknown-card`
 */
export async function lockAccount(store: Store, tx: Tx, card: bigint): Promise<AccountRow> {
  return accountOf(await lockAccounts(store, tx, [card]), card);
}

/** One of the accounts that were locked. @throws LedgerError `unknown-card` */
export function accountOf(accounts: ReadonlyMap<bigint, AccountRow>, card: bigint): AccountRow {
  const row = accounts.get(card);
  if (!row)
    throw new LedgerError("unknown-card", `card ${cardName(card)} is not in the ledger`, {
      hint: "Check the card id.",
    });
  return row;
}

/**
 * Writes an account back whole, over the version that was read.
 * @throws StoreError `locked` when another one is there: the account was not held
 */
export async function saveAccount(tx: Tx, account: AccountRow): Promise<void> {
  const { card, version, kind: _, ...values } = account;
  const { numUpdatedRows } = await tx
    .updateTable("accounts")
    .set({ ...values, version: version + 1n })
    .where("card", "=", card)
    .where("version", "=", version)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw changedMeanwhile();
  account.version += 1n;
}

/** What can still be reserved, paid out or moved: nothing of what the card owes. */
export const remaining = (account: Pick<AccountRow, "funded" | "spent" | "held" | "owed">): Msat => {
  const left = account.funded - account.spent - account.held - account.owed;
  return msat(left > 0n ? left : 0n, "remaining");
};
