import { existsSync, readFileSync } from "node:fs";
import { equalBytes, hexToBytes, ParseError, writeDurableFile } from "chequecard/common";

/** How far the valve got for one sale. */
export type PourState = "never-opened" | "opened" | "closed";

/**
 * Remembers for which sale the valve opened last, and whether it closed again: durable before it opens and after it
 * has closed, so that power cuts at different moments are distinguished.
 */
export class PourRecord {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @param paymentHash of the sale that was paid last, 32 bytes. @throws ParseError when the file is damaged */
  stateOf(paymentHash: Uint8Array): PourState {
    if (!existsSync(this.#path)) return "never-opened";
    const found = /^([0-9a-f]{64}) (opened|closed)\n$/.exec(readFileSync(this.#path, "latin1"));
    if (!found?.[1] || !found[2])
      throw new ParseError(this.#path, "need a payment hash and opened or closed", {
        hint: "Look whether the last sale was poured, then remove the file.",
      });
    return equalBytes(hexToBytes(found[1]), paymentHash) ? (found[2] as PourState) : "never-opened";
  }

  /** Durable when it returns. @throws FileError */
  set(paymentHash: Uint8Array, state: "opened" | "closed"): void {
    writeDurableFile(this.#path, `${Buffer.from(paymentHash).toString("hex")} ${state}\n`);
  }
}
