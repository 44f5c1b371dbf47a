import { bytesToHex } from "../../common/bytes.js";
import { type Rate, TokenBuckets } from "../../common/token-bucket.js";
import type { CardRecord } from "../verify.js";

/** Cards and messages whose rate is remembered. */
const REMEMBERED = 100_000;

/**
 * How often authorizations and statuses of a card are taken. Anyone who has seen one can repeat it: repeats have a
 * rate for each message, and take nothing of the card's.
 */
export class CardRate {
  readonly #fresh: TokenBuckets;
  readonly #repeats: TokenBuckets;
  /** Statuses that were recorded here; the oldest first. */
  readonly #statuses = new Set<string>();

  constructor(rate: Rate) {
    this.#fresh = new TokenBuckets(rate, REMEMBERED);
    this.#repeats = new TokenBuckets(rate, REMEMBERED);
  }

  /** @param isDecided whether this very message was decided before; @param now monotonic milliseconds */
  take(card: CardRecord, message: string, isDecided: boolean, now: number): boolean {
    return isDecided ? this.#repeats.take(message, now) : this.#fresh.take(bytesToHex(card.cardId), now);
  }

  /** The same for a status, which is decided when it was taken here before. @param unsigned its body */
  takeStatus(card: CardRecord, unsigned: Uint8Array, now: number): boolean {
    const message = bytesToHex(unsigned);
    const isTaken = this.take(card, message, this.#statuses.has(message), now);
    if (!isTaken) return false;
    this.#statuses.add(message);
    if (this.#statuses.size > REMEMBERED) this.#forgetOldest();
    return true;
  }

  #forgetOldest(): void {
    const oldest = this.#statuses.values().next();
    if (!oldest.done) this.#statuses.delete(oldest.value);
  }
}
