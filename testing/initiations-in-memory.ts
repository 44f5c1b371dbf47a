import { bytesToHex } from "../common/index.js";
import { type Initiation, type InitiationLog, NOT_ASKED } from "../lightning/api/index.js";

/** What a merchant keeps of its sales, in memory. */
export class InitiationsInMemory implements InitiationLog {
  readonly #states = new Map<string, Initiation>();
  readonly #onSave: (state: Initiation) => void;

  /** @param onSave is called before a state is kept; what it throws is what the disk would */
  constructor(onSave: (state: Initiation) => void = () => {}) {
    this.#onSave = onSave;
  }

  loadInitiation(paymentHash: Uint8Array): Initiation {
    return this.#states.get(bytesToHex(paymentHash)) ?? NOT_ASKED;
  }

  saveInitiation(paymentHash: Uint8Array, state: Initiation): void {
    this.#onSave(state);
    this.#states.set(bytesToHex(paymentHash), state);
  }
}
