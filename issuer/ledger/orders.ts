import { formatCardId } from "../../apdu/card-id.js";
import { hexToBytes } from "../../common/bytes.js";
import { ValueError } from "../../common/errors.js";
import { type Msat, msat } from "../../common/msat.js";
import { changedMeanwhile } from "../store/errors.js";
import type { Store, Tx } from "../store/types.js";
import { cardKey } from "../store/values.js";
import { lockAccounts, storedCardName } from "./accounts.js";
import { LedgerError } from "./errors.js";
import { facesOf } from "./faces.js";
import { move } from "./move.js";
import { cashOut, fund, replace, reverse } from "./operations.js";

/** Money that the issuer's people move. `note` is kept with the booking and may differ in a repeat. */
export type Order =
  | {
      readonly kind: "top-up";
      readonly cardId: Uint8Array;
      readonly amount: Msat;
      readonly note: string;
    }
  | { readonly kind: "cash-out"; readonly cardId: Uint8Array; readonly note: string }
  | { readonly kind: "replace"; readonly cardId: Uint8Array; readonly replacement: Uint8Array }
  /** Between the two accounts of one card. */
  | {
      readonly kind: "move";
      readonly cardId: Uint8Array;
      readonly to: Uint8Array;
      readonly amount: Msat;
    }
  | {
      readonly kind: "reverse";
      readonly cardId: Uint8Array;
      /** Number of the top-up among the card's operations. */
      readonly operation: bigint;
      readonly note: string;
    };

/** What an order has booked. */
export interface OrderDone {
  /** Paid in, paid out, moved or reversed. */
  readonly amount: Msat;
  /** When it was booked, in Unix milliseconds. */
  readonly at: bigint;
  /** True where an earlier try of the same order had booked it: nothing was booked now. */
  readonly repeated: boolean;
}

/** The form of a reference. */
const REFERENCE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** @throws ValueError when a text cannot be a reference */
export function checkReference(reference: string, path = "reference"): string {
  if (REFERENCE.test(reference)) return reference;
  throw new ValueError(
    path,
    `need 1 to 64 letters, digits, points, dashes or underscores, the first a letter or digit, have "${reference.slice(0, 80)}"`,
  );
}

/** The order in words, the same for each try of it. */
export function requestOf(order: Order): string {
  const card = `card ${storedCardName(cardKey(order.cardId))}`;
  switch (order.kind) {
    case "top-up":
      return `top-up of ${order.amount} msat for ${card}`;
    case "cash-out":
      return `cash-out of ${card}`;
    case "replace":
      return `replacement of ${card} by card ${storedCardName(cardKey(order.replacement))}`;
    case "move":
      return `move of ${order.amount} msat from ${card} to card ${storedCardName(cardKey(order.to))}`;
    case "reverse":
      return `reversal of operation ${order.operation} of ${card}`;
  }
}

function cardsOf(order: Order): bigint[] {
  const { cardId } = order;
  if (order.kind === "replace") return [cardId, order.replacement].map(cardKey);
  return (order.kind === "move" ? [cardId, order.to] : [cardId]).map(cardKey);
}

/**
 * Books an order once, however often it is tried: the reference is kept in the same transaction as the booking, so a
 * retry after an answer that was lost finds it (specs/03 §6).
 * @param reference made before the first try and kept durably by the caller, unique in the ledger
 * @param now Unix milliseconds
 * @throws LedgerError `reference-used` when the reference is of another order, else as the operation does; ValueError
 */
export async function placeOrder(
  store: Store,
  reference: string,
  order: Order,
  now: number,
): Promise<OrderDone> {
  checkReference(reference);
  const request = requestOf(order);
  return await store.write(async (tx) => {
    // The look-up comes after the lock: a first try that still runs holds it.
    const cards = cardsOf(order);
    const faces = [];
    for (const card of cards) faces.push(...(await facesOf(tx, card)));
    await lockAccounts(store, tx, [...cards, ...faces]);
    const found = await tx
      .selectFrom("orders")
      .select(["request", "amount", "at"])
      .where("reference", "=", reference)
      .executeTakeFirst();
    if (found && found.request !== request)
      throw new LedgerError(
        "reference-used",
        `reference ${reference} is of another order: ${found.request.replace(/(?<=card )[0-9a-f]{16}/g, (id) => formatCardId(hexToBytes(id)))}`,
        {
          hint: "Give this order a reference of its own, or leave --reference out.",
        },
      );
    if (found) return { amount: msat(found.amount), at: found.at, repeated: true };
    const at = BigInt(now);
    const { amount, operation } = await carryOut(store, tx, order, at);
    const inserted = await tx
      .insertInto("orders")
      .values({ reference, request, card: cardKey(order.cardId), operation, amount, at })
      .onConflict((conflict) => conflict.column("reference").doNothing())
      .executeTakeFirst();
    // An order for other cards took the reference meanwhile.
    if (inserted.numInsertedOrUpdatedRows !== 1n) throw changedMeanwhile();
    return { amount, at, repeated: false };
  });
}

function carryOut(store: Store, tx: Tx, order: Order, at: bigint): ReturnType<typeof fund> {
  switch (order.kind) {
    case "top-up":
      return fund(store, tx, order.cardId, order.amount, order.note, at);
    case "cash-out":
      return cashOut(store, tx, order.cardId, order.note, at);
    case "replace":
      return replace(store, tx, order.cardId, order.replacement, at);
    case "move":
      return move(store, tx, order.cardId, order.to, order.amount, at);
    case "reverse":
      return reverse(store, tx, order.cardId, order.operation, order.note, at);
  }
}
