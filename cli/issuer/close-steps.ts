import { setImmediate as turn } from "node:timers/promises";
import {
  blockCard,
  type CardEntry,
  LedgerError,
  payOutInClosing,
  remaining,
} from "../../issuer/ledger/index.js";
import { eachCard } from "../../issuer/reports/index.js";
import type { Store } from "../../issuer/store/index.js";
import type { CardState } from "../../issuer/store/schema.js";
import { cardIdOf } from "../../issuer/store/values.js";
import { cardText } from "./card-choice.js";
import { mayBeBooked } from "./orders.js";

/** What watches a step of a closing, and may stop it between two cards. */
export interface StepWatch {
  readonly signal: AbortSignal;
  /** A card is done. */
  onCard(): void;
}

/** Cards after which a service gets a turn for its payments. */
const TURN = 500;

async function cards(
  store: Store,
  filter: { readonly state?: CardState },
  wanted: (card: CardEntry) => boolean,
): Promise<CardEntry[]> {
  const found: CardEntry[] = [];
  let seen = 0;
  for await (const card of eachCard(store.db, filter)) {
    if (++seen % TURN === 0) await turn();
    if (wanted(card)) found.push(card);
  }
  return found;
}

/** Cards that may pay. */
export const activeCards = (store: Store): Promise<CardEntry[]> =>
  cards(store, { state: "active" }, () => true);

/** Cards in the field that have money. */
export const dueCards = (store: Store): Promise<CardEntry[]> =>
  cards(store, {}, (card) => card.state !== "pending" && remaining(card) > 0n);

/** Blocks cards, each durably. */
export async function blockCards(
  store: Store,
  active: readonly CardEntry[],
  { signal, onCard }: StepWatch,
): Promise<void> {
  for (const { card } of active) {
    signal.throwIfAborted();
    await blockCard(store, cardIdOf(card), Date.now());
    onCard();
  }
}

/**
 * Books what cards have as paid out, each once in a closing, and durably.
 * @param since of `beginClosing`
 * @throws StoreError that says so where a pay-out may be booked
 */
export async function payOutCards(
  store: Store,
  { since, due, note }: { readonly since: bigint; readonly due: readonly CardEntry[]; readonly note: string },
  { signal, onCard }: StepWatch,
): Promise<void> {
  for (const card of due) {
    signal.throwIfAborted();
    await payOutInClosing(store, since, card, note, Date.now()).catch((error: unknown) => {
      // Somebody else has paid this one out just now.
      if (error instanceof LedgerError && error.code === "not-enough") return;
      throw mayBeBooked(
        error,
        `What is due to card ${cardText(card.card)} may be booked as paid out.`,
        "each card is paid out once, and the list has the pay-outs of all runs.",
      );
    });
    onCard();
  }
}
