import { type Msat, msat } from "../../common/index.js";
import type { Account, OperationKind } from "../store/schema.js";
import type { Store, Tx } from "../store/types.js";
import { cardKey } from "../store/values.js";
import { type AccountRow, cardName, lockAccount, remaining, saveAccount } from "./accounts.js";
import { book, booking } from "./bookings.js";
import { LedgerError } from "./errors.js";
import { queueUpdate } from "./limits.js";

/** Between which accounts each operation moves money. */
const ROUTES: Readonly<Record<OperationKind, readonly [from: Account, to: Account]>> = {
  fund: ["external", "funded"],
  "cash-out": ["funded", "cash-out"],
  "move-out": ["funded", "transfer"],
  "move-in": ["transfer", "funded"],
};

/** Books an operation and changes `account` in memory; the caller saves it. */
export async function bookOperation(
  store: Store,
  tx: Tx,
  account: AccountRow,
  kind: OperationKind,
  amount: Msat,
  note: string,
  at: bigint,
): Promise<void> {
  account.operation += 1n;
  const { card, operation } = account;
  if (kind === "fund" || kind === "move-in") account.funded = msat(account.funded + amount, "funded");
  else account.funded -= amount;
  await tx.insertInto("operations").values({ card, operation, kind, amount, at, note }).execute();
  await book(store, tx, booking(card, kind, operation, ...ROUTES[kind], amount, at));
}

const notRetired = (account: AccountRow, what: string): void => {
  if (account.state === "retired")
    throw new LedgerError("wrong-state", `card ${cardName(account.card)} is retired and cannot be ${what}`);
};

/**
 * Books money paid in for a card and queues the update that raises its credit.
 * @param now Unix milliseconds
 * @throws LedgerError `unknown-card`, `wrong-state`; ValueError above 21 million bitcoin
 */
export async function fundCard(
  store: Store,
  cardId: Uint8Array,
  amount: Msat,
  note: string,
  now: number,
): Promise<void> {
  if (amount <= 0n) throw new LedgerError("not-enough", "nothing to pay in: need more than 0 msat");
  await store.write(async (tx) => {
    const account = await lockAccount(store, tx, cardKey(cardId));
    notRetired(account, "topped up");
    await bookOperation(store, tx, account, "fund", amount, note, BigInt(now));
    await queueUpdate(store, tx, account, "top-up", BigInt(now));
    await saveAccount(tx, account);
  });
}

/**
 * Pays out all that a card has left and blocks it: a credit once signed cannot be taken back from the card, so
 * from now on the ledger alone refuses. What is reserved stays reserved.
 * @returns what is to be handed out
 * @throws LedgerError `unknown-card`, `not-enough` when nothing is left
 */
export async function cashOutCard(
  store: Store,
  cardId: Uint8Array,
  note: string,
  now: number,
): Promise<Msat> {
  return await store.write(async (tx) => {
    const account = await lockAccount(store, tx, cardKey(cardId));
    const amount = remaining(account);
    if (amount === 0n)
      throw new LedgerError("not-enough", `card ${cardName(account.card)} has nothing left to pay out`);
    await bookOperation(store, tx, account, "cash-out", amount, note, BigInt(now));
    if (account.state !== "retired") account.state = "blocked";
    await queueUpdate(store, tx, account, "cash-out", BigInt(now));
    await saveAccount(tx, account);
    return amount;
  });
}

/**
 * Replaces a lost card: all that it has left moves to another, fresh card, and the old one is retired for ever.
 * What is reserved on the old card stays there until it is resolved.
 * @returns what was moved
 * @throws LedgerError `unknown-card`, `wrong-state`
 */
export async function replaceCard(
  store: Store,
  oldId: Uint8Array,
  newId: Uint8Array,
  now: number,
): Promise<Msat> {
  const at = BigInt(now);
  const [oldKey, newKey] = [cardKey(oldId), cardKey(newId)];
  if (oldKey === newKey) throw new LedgerError("wrong-state", "a card cannot replace itself");
  return await store.write(async (tx) => {
    // Always in the order of the ids, so that two replacements cannot wait for each other.
    const locked = new Map<bigint, AccountRow>();
    for (const key of oldKey < newKey ? [oldKey, newKey] : [newKey, oldKey])
      locked.set(key, await lockAccount(store, tx, key));
    const [from, to] = [locked.get(oldKey), locked.get(newKey)] as [AccountRow, AccountRow];
    notRetired(from, "replaced");
    if (to.state !== "active")
      throw new LedgerError("wrong-state", `card ${cardName(newKey)} is ${to.state}: need an active card`);
    const amount = remaining(from);
    from.state = "retired";
    if (amount > 0n) {
      await bookOperation(store, tx, from, "move-out", amount, `to ${cardName(newKey)}`, at);
      await bookOperation(store, tx, to, "move-in", amount, `from ${cardName(oldKey)}`, at);
    }
    await queueUpdate(store, tx, from, "retire", at);
    await queueUpdate(store, tx, to, "replace", at);
    await saveAccount(tx, from);
    await saveAccount(tx, to);
    await tx.updateTable("cards").set({ replaces: oldKey }).where("card", "=", newKey).execute();
    return amount;
  });
}
