import { INVOICE_HASH_LENGTH, RING_LENGTH } from "../../apdu/constants.js";
import { equalBytes } from "../../common/index.js";
import type { AppletContext } from "../runtime/applet.js";
import type { PersistentCell } from "../runtime/persistent-memory.js";

const AMOUNT = INVOICE_HASH_LENGTH;
const COUNTER = AMOUNT + 8;
const FLAGS = COUNTER + 4;
const AUTHORIZED = FLAGS + 1;
/** Invoice hash 32, amount 8, counter 4, flags 1, authorized 8. */
const ENTRY_LENGTH = AUTHORIZED + 8;

/** One past authorization, as it was answered. */
export interface RingEntry {
  /** 32 bytes. */
  readonly invoiceHash: Uint8Array;
  readonly amount: bigint;
  /** From 1. */
  readonly counter: number;
  readonly flags: number;
  /** Authorized total after it. */
  readonly authorized: bigint;
}

/** The last 4 authorizations (specs/01 §8). Counter 0 marks an empty entry. */
export class AuthorizationRing {
  readonly #cell: PersistentCell;

  constructor(context: AppletContext) {
    this.#cell = context.persistent("ring", new Uint8Array(RING_LENGTH * ENTRY_LENGTH));
  }

  /** The authorization of this invoice with this amount, where the ring still holds it. */
  find(invoiceHash: Uint8Array, amount: bigint): RingEntry | undefined {
    for (let at = 0; at < this.#cell.length; at += ENTRY_LENGTH) {
      const counter = this.#cell.u32(at + COUNTER);
      if (counter === 0 || this.#cell.u64(at + AMOUNT) !== amount) continue;
      if (!equalBytes(this.#cell.bytes.subarray(at, at + INVOICE_HASH_LENGTH), invoiceHash)) continue;
      const authorized = this.#cell.u64(at + AUTHORIZED);
      return { invoiceHash, amount, counter, flags: this.#cell.u8(at + FLAGS), authorized };
    }
    return undefined;
  }

  /** Replaces the oldest entry, in one write: the counter tells which that is. */
  add(entry: RingEntry): void {
    const bytes = new Uint8Array(ENTRY_LENGTH);
    const view = new DataView(bytes.buffer);
    bytes.set(entry.invoiceHash);
    view.setBigUint64(AMOUNT, entry.amount);
    view.setUint32(COUNTER, entry.counter);
    view.setUint8(FLAGS, entry.flags);
    view.setBigUint64(AUTHORIZED, entry.authorized);
    this.#cell.write(bytes, (entry.counter % RING_LENGTH) * ENTRY_LENGTH);
  }

  clear(): void {
    this.#cell.write(new Uint8Array(this.#cell.length));
  }
}
