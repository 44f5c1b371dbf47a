import { bytesToHex, hexToBytes } from "../../../common/bytes.js";
import { type Msat, msat } from "../../../common/msat.js";
import type { SqliteFile } from "../../../common/sqlite-file.js";
import { openNodeFile } from "../node-file.js";
import type { PaymentState } from "../port.js";

const MIGRATIONS = [
  `
    CREATE TABLE settled (payment_hash BLOB PRIMARY KEY, preimage BLOB NOT NULL, fee TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE looked_through (only INTEGER PRIMARY KEY CHECK (only = 1), until INTEGER NOT NULL);
  `,
];
/** Milliseconds for which settled payments may gather before they are written in one transaction. */
const GATHER_MS = 250;

type Settled = Extract<PaymentState, { state: "settled" }>;
interface Row {
  preimage: Buffer;
  fee: string;
}

/**
 * Which payments are settled, in a file of our own: what lnd forgets on command (`deletepayments`) it would pay again.
 * Several processes on one lnd may share the file.
 */
export class PaymentRecord {
  readonly #file: SqliteFile;
  readonly #gathered = new Map<string, Settled>();
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /**
   * @param file absent: in memory; @param onFailure hears of what could not be written; it is tried again
   * @throws NodeError `storage`; FileError
   */
  constructor(file: string | undefined, onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
    this.#file = openNodeFile(file, {
      name: "a record of settled payments",
      applicationId: 0x63714c52, // "cqLR"
      migrations: MIGRATIONS,
      shared: true,
      waitMs: 5_000,
      hints: { locked: "Another process writes to it for long; see which one, then start again." },
    });
  }

  /** The payment, if it is settled. */
  get(paymentHash: Uint8Array): Settled | undefined {
    const gathered = this.#gathered.get(bytesToHex(paymentHash));
    if (gathered) return gathered;
    const [found] = this.#file.all(
      "SELECT preimage, fee FROM settled WHERE payment_hash = ?",
      [paymentHash],
      ({ preimage, fee }: Row): Settled => ({
        state: "settled",
        preimage: new Uint8Array(preimage),
        fee: msat(BigInt(fee)),
      }),
    );
    return found;
  }

  /** Notes a settled payment; it is in the file a moment later, and lnd has it until then. */
  add(paymentHash: Uint8Array, preimage: Uint8Array, fee: Msat): void {
    this.#gathered.set(bytesToHex(paymentHash), { state: "settled", preimage, fee });
    if (!this.#isClosed) this.#timer ??= setTimeout(() => this.#write(), GATHER_MS);
  }

  /** Until when, Unix seconds, lnd's list of payments was read into this record. */
  get lookedThroughUntil(): number | undefined {
    return this.#file.all("SELECT until FROM looked_through", [], ({ until }: { until: number }) => until)[0];
  }

  set lookedThroughUntil(seconds: number) {
    this.#file.run("INSERT OR REPLACE INTO looked_through (only, until) VALUES (1, ?)", [seconds]);
  }

  #write(): void {
    this.#timer = undefined;
    try {
      this.#flush();
    } catch (error) {
      this.#onFailure(error);
    }
  }

  #flush(): void {
    if (this.#gathered.size === 0) return;
    this.#file.transaction(() => {
      for (const [hash, { preimage, fee }] of this.#gathered)
        this.#file.run("INSERT OR IGNORE INTO settled (payment_hash, preimage, fee) VALUES (?, ?, ?)", [
          hexToBytes(hash),
          preimage,
          fee.toString(),
        ]);
    });
    this.#gathered.clear();
  }

  /** Writes what has gathered and closes the file. A second call does nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    try {
      this.#flush();
    } finally {
      this.#file.close();
    }
  }
}
