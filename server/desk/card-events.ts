import { cardText } from "../../cli/issuer/card-choice.js";
import { toJson } from "../../cli/output.js";
import { blockedCards } from "../../issuer/reports/index.js";
import type { Store } from "../../issuer/store/index.js";
import type { Hooks } from "../webhooks/hooks.js";

/** Between two readings of the ledger, in milliseconds. */
const LOOK_MS = 5_000;

/** Keeps an event for every card that is blocked, whichever process blocks it. */
export class CardEvents {
  readonly #store: Store;
  readonly #hooks: Hooks;
  readonly #onNew: () => void;
  readonly #since: number;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | undefined;

  constructor(store: Store, hooks: Hooks, onNew: () => void) {
    this.#store = store;
    this.#hooks = hooks;
    this.#onNew = onNew;
    // Blocks of before the first start are not reported.
    this.#since = hooks.mark("blocks since", () => Date.now());
    this.#timer = setInterval(() => this.look(), LOOK_MS);
    this.#timer.unref();
  }

  /** Looks at once, unless it does already. A ledger that is away is read again later. */
  look(): void {
    this.#looking ??= this.#look()
      .catch(() => undefined)
      .finally(() => {
        this.#looking = undefined;
      });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    if (!this.#hooks.list().some(({ events }) => events.includes("card.blocked"))) return;
    let isNew = false;
    for (const { card, sequence, cause, at } of await blockedCards(this.#store.db, this.#since)) {
      const seconds = Math.floor(at / 1000);
      const data = (id: number) =>
        toJson({ id, event: "card.blocked", at: seconds, card: cardText(card), cause });
      isNew = this.#hooks.tell(`card ${cardText(card)} ${sequence}`, "card.blocked", seconds, data) || isNew;
    }
    if (isNew) this.#onNew();
  }
}
