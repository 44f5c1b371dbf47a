import type { CardConnection, Reader } from "../apdu/reader.js";
import { TransportError } from "../apdu/transport.js";
import { ValueError } from "../common/index.js";
import type { TearableCard } from "./runtime/card-port.js";
import type { TearPoint } from "./runtime/errors.js";
import { connectCard } from "./transport.js";

/** A reader in this process on which simulated cards are laid; hosts use it like a PC/SC reader. */
export class SimulatedReader implements Reader {
  readonly name: string;
  #card: TearableCard | undefined;
  #connection: CardConnection | undefined;
  #removeWhenTorn = false;
  readonly #waiting = new Set<() => void>();

  constructor(name = "Simulated reader") {
    this.name = name;
  }

  /** Lays a card on the reader. @throws ValueError when one lies there */
  insert(card: TearableCard): void {
    if (this.#card) throw new ValueError("card", `a card lies on ${this.name} already`);
    this.#card = card;
    this.#changed();
  }

  /** Takes the card away, also from under a connection, and returns it. A tear that is still to come does not. */
  remove(): TearableCard | undefined {
    const card = this.#card;
    if (this.#removeWhenTorn) card?.tearAt(undefined);
    card?.powerOff();
    this.#card = undefined;
    this.#connection = undefined;
    this.#removeWhenTorn = false;
    this.#changed();
    return card;
  }

  /** Has the card torn away in its next command; it no longer lies on the reader then. @throws ValueError without a card */
  tearAway(point: TearPoint): void {
    if (!this.#card) throw new ValueError("card", `no card lies on ${this.name}`);
    this.#card.tearAt(point);
    this.#removeWhenTorn = true;
  }

  async waitForCard(signal?: AbortSignal): Promise<CardConnection> {
    await this.#until(() => this.#card !== undefined, signal);
    if (this.#connection || !this.#card)
      throw new TransportError("sharing-violation", `another program uses the card on ${this.name}`);
    const connection = connectCard(this.#card, (reason) => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      if (reason === "torn" && this.#removeWhenTorn) this.remove();
    });
    this.#connection = connection;
    return connection;
  }

  async waitForRemoval(signal?: AbortSignal): Promise<void> {
    await this.#until(() => this.#card === undefined, signal);
  }

  #changed(): void {
    for (const look of this.#waiting) look();
  }

  #until(condition: () => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        this.#waiting.delete(look);
        signal?.removeEventListener("abort", look);
        finish();
      };
      const look = () => {
        if (signal?.aborted)
          settle(() => reject(new TransportError("closed", `waiting for ${this.name} was ended`)));
        else if (condition()) settle(resolve);
      };
      this.#waiting.add(look);
      signal?.addEventListener("abort", look);
      look();
    });
  }
}
