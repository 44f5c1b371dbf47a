import { formatMsat, type Msat } from "chequecard/common";
import { cancelSentence, renderReceipt, type SaleStore, type Terminal } from "chequecard/terminal";

/** Pours one cup, and resolves when it is full. */
export type Brew = (drink: string) => Promise<void>;

export interface CoffeeMachineOptions {
  readonly terminal: Terminal;
  readonly store: SaleStore;
  readonly prices: ReadonlyMap<string, Msat>;
  readonly brew: Brew;
  /** Shows one line on the machine's display. */
  readonly show: (line: string) => void;
}

/** A vending machine around {@link Terminal}: it sells a drink and brews it only when its own node has the money. */
export class CoffeeMachine {
  readonly #options: CoffeeMachineOptions;

  constructor(options: CoffeeMachineOptions) {
    this.#options = options;
  }

  /**
   * Sells one drink. The first card that cannot pay ends the sale: nobody stands by to try another one.
   * @returns whether the drink was brewed
   * @throws SaleError, NodeError: the sale is unfinished, see {@link resume}
   */
  async sell(drink: string): Promise<boolean> {
    const { terminal, prices, brew, show } = this.#options;
    const amount = prices.get(drink);
    if (amount === undefined) {
      show(`There is no ${drink} here.`);
      return false;
    }
    const refused = new AbortController();
    const sale = await terminal.charge(
      { amount, description: drink, expirySeconds: 120 },
      {
        onOpen: () => show(`${drink}: ${formatMsat(amount)}. Hold your card to the reader.`),
        onNotice: (sentence) => {
          show(sentence);
          refused.abort();
        },
      },
      refused.signal,
    );
    if (sale.state !== "paid") {
      show(cancelSentence(sale));
      return false;
    }
    await brew(drink);
    show(renderReceipt(sale, "the coffee machine"));
    return true;
  }

  /** After a power cut: ends every sale that was open. Drinks that were paid for are brewed. */
  async resume(): Promise<void> {
    const { terminal, store, brew } = this.#options;
    for (const open of store.unfinished()) {
      const sale = open.token ? await terminal.finish(open) : await terminal.cancel(open.number);
      if (sale.state === "paid") await brew(sale.description);
    }
  }
}
