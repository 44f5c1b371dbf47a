import type { Guest } from "./places.js";

/** Takes turns between addresses, and within one in the order in which they came. */
export class FairQueue<G extends Guest> {
  readonly #waiting = new Map<string, Set<G>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Does nothing when it waits already. */
  push(guest: G): void {
    const others = this.#waiting.get(guest.address) ?? new Set<G>();
    if (others.has(guest)) return;
    others.add(guest);
    this.#waiting.set(guest.address, others);
    this.#size++;
  }

  next(): G | undefined {
    const [first] = this.#waiting;
    if (!first) return undefined;
    const [address, guests] = first;
    const [guest] = guests;
    this.#waiting.delete(address);
    if (!guest) return undefined;
    guests.delete(guest);
    this.#size--;
    if (guests.size > 0) this.#waiting.set(address, guests);
    return guest;
  }

  delete(guest: G): void {
    const others = this.#waiting.get(guest.address);
    if (!others?.delete(guest)) return;
    this.#size--;
    if (others.size === 0) this.#waiting.delete(guest.address);
  }
}
