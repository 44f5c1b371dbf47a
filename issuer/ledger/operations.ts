import { formatMsat, type Msat, msat } from "../../common/msat.js";
import type { Account, OperationKind } from "../store/schema.js";
import type { Db, Store, Tx } from "../store/types.js";
import { cardKey } from "../store/values.js";
import {
  type AccountRow,
  accountOf,
  cardName,
  lockAccount,
  lockAccounts,
  remaining,
  saveAccount,
} from "./accounts.js";
import { book, booking } from "./bookings.js";
import { LedgerError } from "./errors.js";
import { blockFaces, expectWithinBalance, facesOf, lockWithFaces } from "./faces.js";
import { owedChanges, settleDebt } from "./guarantee.js";
import { queueUpdate } from "./limits.js";

/** Note of the operation with which a card is registered. */
export const PERSONALIZATION = "personalization";

/** Between which accounts each operation moves money. */
const ROUTES: Readonly<Record<OperationKind, readonly [from: Account, to: Account]>> = {
  fund: ["external", "funded"],
  "cash-out": ["funded", "cash-out"],
  "move-out": ["funded", "transfer"],
  "move-in": ["transfer", "funded"],
  reverse: ["funded", "external"],
  refund: ["refunds", "funded"],
};

/** Whether an operation raises what a card has. */
export const paysIn = (kind: OperationKind): boolean => ROUTES[kind][1] === "funded";

/** What an operation moved, and its number among the card's operations; null where it moved nothing. */
export interface Booked {
  readonly amount: Msat;
  readonly operation: bigint | null;
}

/**
 * Books an operation and changes `account` in memory; the caller saves it. What the card owes is settled first from what
 * is paid in for it, and from what would be paid out or moved.
 */
export async function bookOperation(
  store: Store,
  tx: Tx,
  account: AccountRow,
  kind: OperationKind,
  amount: Msat,
  note: string,
  at: bigint,
  reverses: bigint | null = null,
): Promise<void> {
  account.operation += 1n;
  const { card, operation } = account;
  if (paysIn(kind)) account.funded = msat(account.funded + amount, "funded");
  else account.funded -= amount;
  await tx.insertInto("operations").values({ card, operation, kind, amount, at, note, reverses }).execute();
  const debt = settleDebt(account, kind, operation, at);
  await book(store, tx, [...booking(card, kind, operation, ...ROUTES[kind], amount, at), ...debt.lines]);
  await store.many.changeAll(tx, ...owedChanges([], debt.settled));
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
  await store.write((tx) => fund(store, tx, cardId, amount, note, BigInt(now)));
}

/** {@link fundCard} within a transaction. */
export async function fund(
  store: Store,
  tx: Tx,
  cardId: Uint8Array,
  amount: Msat,
  note: string,
  at: bigint,
): Promise<Booked> {
  if (amount <= 0n) throw new LedgerError("not-enough", "nothing to pay in: need more than 0 msat");
  const account = await lockAccount(store, tx, cardKey(cardId));
  notRetired(account, "topped up");
  await expectWithinBalance(tx, account, amount);
  await bookOperation(store, tx, account, "fund", amount, note, at);
  await queueUpdate(store, tx, account, "top-up", at);
  await saveAccount(tx, account);
  return { amount, operation: account.operation };
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
  return (await store.write((tx) => cashOut(store, tx, cardId, note, BigInt(now)))).amount;
}

/** {@link cashOutCard} within a transaction. */
export async function cashOut(
  store: Store,
  tx: Tx,
  cardId: Uint8Array,
  note: string,
  at: bigint,
): Promise<Booked> {
  const { account, faces } = await lockWithFaces(store, tx, cardKey(cardId));
  const amount = remaining(account);
  if (amount === 0n)
    throw new LedgerError(
      "not-enough",
      account.owed > 0n
        ? `card ${cardName(account.card)} has nothing left to pay out: it owes ${formatMsat(msat(account.owed))} for guaranteed payments`
        : `card ${cardName(account.card)} has nothing left to pay out`,
    );
  await bookOperation(store, tx, account, "cash-out", amount, note, at);
  if (account.state !== "retired") account.state = "blocked";
  await blockFaces(tx, faces);
  await queueUpdate(store, tx, account, "cash-out", at);
  await saveAccount(tx, account);
  return { amount, operation: account.operation };
}

/**
 * Replaces a lost card: all that it and its second face have left moves to another, fresh card, and both are retired for ever.
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
  return (await store.write((tx) => replace(store, tx, oldId, newId, BigInt(now)))).amount;
}

/** {@link replaceCard} within a transaction. */
export async function replace(
  store: Store,
  tx: Tx,
  oldId: Uint8Array,
  newId: Uint8Array,
  at: bigint,
): Promise<Booked> {
  const [oldKey, newKey] = [cardKey(oldId), cardKey(newId)];
  if (oldKey === newKey) throw new LedgerError("wrong-state", "a card cannot replace itself");
  const faceKeys = await facesOf(tx, oldKey);
  const locked = await lockAccounts(store, tx, [oldKey, newKey, ...faceKeys]);
  const [from, to] = [accountOf(locked, oldKey), accountOf(locked, newKey)];
  notRetired(from, "replaced");
  if (to.state !== "active")
    throw new LedgerError("wrong-state", `card ${cardName(newKey)} is ${to.state}: need an active card`);
  if (faceKeys.includes(newKey))
    throw new LedgerError("wrong-state", "a card cannot be replaced by its own second face");
  const faces = faceKeys.map((face) => accountOf(locked, face));
  // Through the card's own account: an order is one operation of its card.
  for (const face of faces) {
    await moveAll(store, tx, face, from, at);
    face.state = "retired";
  }
  from.state = "retired";
  const amount = await moveAll(store, tx, from, to, at);
  await queueUpdate(store, tx, from, "retire", at);
  await queueUpdate(store, tx, to, "replace", at);
  for (const account of [...faces, from, to]) await saveAccount(tx, account);
  await tx.updateTable("cards").set({ replaces: oldKey }).where("card", "=", newKey).execute();
  return { amount, operation: amount > 0n ? from.operation : null };
}

/** Moves what an account has left to another one, in memory and in the book. @returns how much */
async function moveAll(store: Store, tx: Tx, from: AccountRow, to: AccountRow, at: bigint): Promise<Msat> {
  const amount = remaining(from);
  if (amount > 0n) {
    await bookOperation(store, tx, from, "move-out", amount, `to ${cardName(to.card)}`, at);
    await bookOperation(store, tx, to, "move-in", amount, `from ${cardName(from.card)}`, at);
  }
  return amount;
}

/** A top-up of a card, and what of it was not reversed yet. */
export interface TopUp {
  readonly operation: bigint;
  readonly amount: Msat;
  /** Unix milliseconds. */
  readonly at: bigint;
  readonly note: string;
  readonly notReversed: Msat;
}

/**
 * A top-up that can be named for a reversal.
 * @param operation its number among the card's operations; without it the newest
 * @throws LedgerError `not-enough` when there is none
 */
export async function findTopUp(db: Db | Tx, cardId: Uint8Array, operation?: bigint): Promise<TopUp> {
  const card = cardKey(cardId);
  let query = db
    .selectFrom("operations")
    .select(["operation", "amount", "at", "note"])
    .where("card", "=", card)
    .where("kind", "=", "fund");
  if (operation !== undefined) query = query.where("operation", "=", operation);
  const found = await query.orderBy("operation", "desc").limit(1).executeTakeFirst();
  // The card has the credit of its personalization from the start: that money is paid out, not reversed.
  if (!found || (found.operation === 1n && found.note === PERSONALIZATION))
    throw new LedgerError(
      "not-enough",
      operation === undefined
        ? `card ${cardName(card)} was never topped up`
        : `operation ${operation} of card ${cardName(card)} is no top-up`,
      { hint: "See what was booked for it: chequecard cards show <card>" },
    );
  const reversals = await db
    .selectFrom("operations")
    .select("amount")
    .where("card", "=", card)
    .where("reverses", "=", found.operation)
    .execute();
  const reversed = reversals.reduce((sum, { amount }) => sum + amount, 0n);
  return { ...found, amount: msat(found.amount), notReversed: msat(found.amount - reversed) };
}

/** What can be booked back of a top-up now: as far as it is neither spent nor reversed. */
export const reversible = (topUp: TopUp, account: Parameters<typeof remaining>[0]): Msat => {
  const left = remaining(account);
  return left < topUp.notReversed ? left : topUp.notReversed;
};

/**
 * Books a mistaken top-up back as far as it is unspent, within a transaction. The card keeps its state, and the credit
 * that was signed: what it authorizes beyond its money is refused.
 * @throws LedgerError `unknown-card`, `not-enough` when nothing of it is left
 */
export async function reverse(
  store: Store,
  tx: Tx,
  cardId: Uint8Array,
  operation: bigint,
  note: string,
  at: bigint,
): Promise<Booked> {
  const account = await lockAccount(store, tx, cardKey(cardId));
  const topUp = await findTopUp(tx, cardId, operation);
  const amount = reversible(topUp, account);
  if (amount === 0n)
    throw new LedgerError(
      "not-enough",
      topUp.notReversed === 0n
        ? `operation ${operation} of card ${cardName(account.card)} was reversed already`
        : `card ${cardName(account.card)} has nothing left: all of it is spent, reserved or paid out`,
    );
  await bookOperation(store, tx, account, "reverse", amount, note, at, operation);
  await queueUpdate(store, tx, account, "reverse", at);
  await saveAccount(tx, account);
  return { amount, operation: account.operation };
}
