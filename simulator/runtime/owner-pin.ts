import { equalBytes } from "../../common/index.js";
import type { AppletContext } from "./applet.js";

/**
 * A PIN with a try counter, as Java Card's OwnerPIN: its changes never take part in a transaction, tries go down
 * before the comparison, the validated flag is lost with the power. Tries and PIN are one cell, so that a new
 * PIN and its full tries are one atomic write. A PIN of zero bytes only stands for "none".
 */
export class OwnerPin {
  readonly #cell;
  readonly #validated: Uint8Array;
  readonly #maxTries: number;
  readonly #none: Uint8Array;

  /** @param length bytes of the PIN as it is compared; @param maxTries tries after a right PIN */
  constructor(context: AppletContext, name: string, length: number, maxTries: number) {
    this.#none = new Uint8Array(length);
    this.#cell = context.persistent(name, new Uint8Array(1 + length));
    this.#validated = context.transient(1, "reset");
    this.#maxTries = maxTries;
  }

  get isSet(): boolean {
    return !equalBytes(this.#cell.bytes.subarray(1), this.#none);
  }

  get triesRemaining(): number {
    return this.#cell.u8();
  }

  get isValidated(): boolean {
    return this.#validated[0] === 1;
  }

  /** Clears the validated flag. */
  reset(): void {
    this.#validated[0] = 0;
  }

  /** Compares in constant time and counts; without tries left every PIN is wrong. */
  check(pin: Uint8Array): boolean {
    this.reset();
    const tries = this.triesRemaining;
    if (tries === 0) return false;
    this.#cell.write(Uint8Array.of(tries - 1));
    if (!equalBytes(this.#cell.bytes.subarray(1), pin)) return false;
    this.#cell.write(Uint8Array.of(this.#maxTries));
    this.#validated[0] = 1;
    return true;
  }

  /** A new PIN with full tries, not validated, in one write. */
  update(pin: Uint8Array): void {
    this.reset();
    this.#cell.write(Uint8Array.of(this.#maxTries, ...pin));
  }

  /** Full tries, not validated. */
  resetAndUnblock(): void {
    this.reset();
    this.#cell.write(Uint8Array.of(this.#maxTries));
  }

  /** No PIN any more, and no tries. */
  clear(): void {
    this.reset();
    this.#cell.write(new Uint8Array(this.#cell.length));
  }
}
