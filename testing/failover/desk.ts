import { setTimeout as sleep } from "node:timers/promises";
import { msat, sat } from "../../common/index.js";
import {
  beginClosing,
  blockCard,
  endClosing,
  LedgerError,
  type Order,
  payOutInClosing,
  placeOrder,
  showCard,
} from "../../issuer/ledger/index.js";
import { type Store, StoreError } from "../../issuer/store/index.js";
import type { SigningCard } from "../cards/signing-card.js";

/** Repeats what the ledger did not answer, as the desk's people do: the reference says that it is the same order. */
export async function untilAnswered<T>(work: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      await sleep(300);
    }
}

const refused = (error: unknown): undefined => {
  if (error instanceof LedgerError) return undefined;
  throw error;
};

/** The desk: money is paid in and out while the database fails over. Every order has an answer in the end. */
export class Desk {
  /** Amounts of the orders that were answered as booked, by reference. */
  readonly answered = new Map<string, bigint>();
  /** Cards for which the closing has an answer: they are paid out. */
  readonly closed: SigningCard[] = [];
  readonly #store: Store;
  readonly #run: string;
  #isOpen = true;
  #work: Promise<unknown> = Promise.resolve();

  /** @param run part of its references, another in each run */
  constructor(store: Store, run: string) {
    this.#store = store;
    this.#run = run;
  }

  open(topUp: readonly SigningCard[], cashOut: readonly SigningCard[]): void {
    const work = async (): Promise<void> => {
      const out = [...cashOut];
      for (let i = 0; this.#isOpen; i++) {
        const { cardId } = topUp[i % topUp.length] as SigningCard;
        await this.#order(`in-${i}`, { kind: "top-up", cardId, amount: sat(BigInt(1 + i)), note: "cash" });
        const leaving = i % 5 === 4 ? out.pop() : undefined;
        if (leaving) await this.#order(`out-${i}`, { kind: "cash-out", cardId: leaving.cardId, note: "" });
        await sleep(20);
      }
    };
    this.#work = work();
  }

  /** Blocks and pays out some cards as the closing of an event does, run again until it comes to its end. */
  async closeEvent(cards: readonly SigningCard[]): Promise<void> {
    const store = this.#store;
    await untilAnswered(async () => {
      for (const { cardId } of cards) await blockCard(store, cardId, Date.now());
      const since = await beginClosing(store);
      for (const card of cards) {
        const entry = await showCard(store.db, card.cardId);
        await payOutInClosing(store, since, entry, "closing", Date.now()).catch(refused);
        if (!this.closed.includes(card)) this.closed.push(card);
      }
      await endClosing(store);
    });
  }

  /** Resolves when every order was answered. */
  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#work;
  }

  async #order(name: string, order: Order): Promise<void> {
    const reference = `${this.#run}-${name}`;
    const done = await untilAnswered(() =>
      placeOrder(this.#store, reference, order, Date.now()).catch(refused),
    );
    if (done) this.answered.set(reference, msat(done.amount));
  }
}
