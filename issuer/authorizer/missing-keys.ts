import { bytesToHex } from "../../common/bytes.js";
import type { IssuerPorts } from "./ports.js";

/** How long a list of the ledger's key sets is good: a stranger can ask for any number of made-up ones. */
const FRESH_MS = 10_000;

/** Distinguishes key sets that do not exist from those whose keys are missing in this service alone. */
export class MissingKeys {
  readonly #ports: Pick<IssuerPorts, "store" | "keys" | "monotonic">;
  #read: { readonly at: number; readonly keySets: Promise<ReadonlySet<string>> } | undefined;

  constructor(ports: Pick<IssuerPorts, "store" | "keys" | "monotonic">) {
    this.#ports = ports;
  }

  /**
   * Whether a token names a key set that the ledger has cards of and whose seal key is not here: then another service
   * may be paying it, and nothing may be said about it (specs/03 §3).
   * @throws StoreError
   */
  async isFor(token: Uint8Array): Promise<boolean> {
    const keySetId = token.subarray(1, 5);
    if (keySetId.length !== 4 || this.#ports.keys.sealKey(keySetId)) return false;
    const now = this.#ports.monotonic();
    if (!this.#read || now - this.#read.at >= FRESH_MS) this.#read = { at: now, keySets: this.#list() };
    try {
      return (await this.#read.keySets).has(bytesToHex(keySetId));
    } catch (error) {
      this.#read = undefined;
      throw error;
    }
  }

  async #list(): Promise<ReadonlySet<string>> {
    const rows = await this.#ports.store.read((tx) =>
      tx.selectFrom("cards").select("key_set").where("kind", "=", "token").distinct().execute(),
    );
    return new Set(rows.map(({ key_set }) => bytesToHex(key_set)));
  }
}
