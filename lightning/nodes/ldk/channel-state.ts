import { bytesToHex } from "../../../common/index.js";
import type { NodeStore } from "./store.js";

/** How many updates of a monitor are kept beside it before it is written again in full. */
const UPDATES_PER_MONITOR = 100;

/** A stored channel monitor and the updates that came after it, oldest first. */
export interface StoredMonitor {
  readonly bytes: Uint8Array;
  readonly updates: readonly Uint8Array[];
}

/**
 * LDK's channel monitors in the store: a monitor whole, then its updates one by one, since a monitor grows with
 * every payment of its channel and an update does not.
 */
export class ChannelState {
  readonly #store: NodeStore;
  readonly #updates = new Map<string, number>();
  #touched = false;

  constructor(store: NodeStore) {
    this.#store = store;
  }

  /** True when something was staged since the last call. */
  takeTouched(): boolean {
    const touched = this.#touched;
    this.#touched = false;
    return touched;
  }

  /** Stages a whole monitor in place of all that was stored for the channel. */
  putMonitor(outpoint: string, bytes: Uint8Array): void {
    this.#touched = true;
    this.#updates.set(outpoint, 0);
    this.#store.write("DELETE FROM monitor_updates WHERE outpoint = ?", outpoint);
    this.#store.write("INSERT OR REPLACE INTO monitors (outpoint, bytes) VALUES (?, ?)", outpoint, bytes);
  }

  /** Stages an update. @returns false when the whole monitor is due instead */
  putUpdate(outpoint: string, bytes: Uint8Array): boolean {
    const count = this.#updates.get(outpoint);
    if (count === undefined || count >= UPDATES_PER_MONITOR) return false;
    this.#touched = true;
    this.#updates.set(outpoint, count + 1);
    this.#store.write("INSERT INTO monitor_updates (outpoint, bytes) VALUES (?, ?)", outpoint, bytes);
    return true;
  }

  /** Stages the removal of a channel that is closed and settled on the chain. */
  removeMonitor(outpoint: string): void {
    this.#updates.delete(outpoint);
    this.#store.write("DELETE FROM monitor_updates WHERE outpoint = ?", outpoint);
    this.#store.write("DELETE FROM monitors WHERE outpoint = ?", outpoint);
  }

  /** Every stored monitor. */
  monitors(): StoredMonitor[] {
    const rows = this.#store.all<{ outpoint: string; bytes: Buffer }>("SELECT outpoint, bytes FROM monitors");
    return rows.map(({ outpoint, bytes }) => ({
      bytes: new Uint8Array(bytes),
      updates: this.#store
        .all<{ bytes: Buffer }>(
          "SELECT bytes FROM monitor_updates WHERE outpoint = ? ORDER BY sequence",
          outpoint,
        )
        .map((row) => new Uint8Array(row.bytes)),
    }));
  }
}

/** The name of a channel in the store: its funding outpoint. @param txid 32 bytes */
export const outpointName = (txid: Uint8Array, index: number): string => `${bytesToHex(txid)}:${index}`;
