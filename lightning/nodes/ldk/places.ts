import type { Bound } from "./peer-limits.js";

/** Somebody who takes a place. */
export interface Guest {
  /** See `addressOwner`. */
  readonly address: string;
}

/**
 * A bounded number of places. The newest guest always gets one. When its address has too many, the address's own
 * oldest idle guest goes; when there are too many in all, the oldest idle one of the address that has most.
 */
export class Places<G extends Guest> {
  readonly #bound: Bound;
  /** By address; within one, the guest that has been idle longest comes first. The number tells when it was active. */
  readonly #guests = new Map<string, Map<G, number>>();
  #size = 0;
  #clock = 0;

  constructor(bound: Bound) {
    this.#bound = bound;
  }

  get size(): number {
    return this.#size;
  }

  /** @returns the guest that has lost its place, which is never the new one */
  add(guest: G): G | undefined {
    const others = this.#guests.get(guest.address) ?? new Map<G, number>();
    this.#guests.set(guest.address, others);
    others.set(guest, this.#clock++);
    this.#size++;
    const tooMany = others.size > this.#bound.maxPerAddress;
    if (!tooMany && this.#size <= this.#bound.max) return undefined;
    const [loser] = (tooMany ? others : this.#fullest()).keys();
    if (loser) this.delete(loser);
    return loser;
  }

  /** The guest has done something: it is the last to go. */
  touch(guest: G): void {
    const others = this.#guests.get(guest.address);
    if (others?.delete(guest)) others.set(guest, this.#clock++);
  }

  delete(guest: G): void {
    const others = this.#guests.get(guest.address);
    if (!others?.delete(guest)) return;
    this.#size--;
    if (others.size === 0) this.#guests.delete(guest.address);
  }

  #fullest(): Map<G, number> {
    let fullest = new Map<G, number>();
    let since = Number.POSITIVE_INFINITY;
    for (const guests of this.#guests.values()) {
      if (guests.size < fullest.size) continue;
      const [first = since] = guests.values();
      if (guests.size === fullest.size && first > since) continue;
      fullest = guests;
      since = first;
    }
    return fullest;
  }
}
