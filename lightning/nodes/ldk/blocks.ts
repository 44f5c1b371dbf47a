import * as ldk from "lightningdevkit";
import type { Chain } from "./chain.js";
import { plain } from "./result.js";

/** What a monitor needs to act on a block. */
export type MonitorTools = [ldk.BroadcasterInterface, ldk.FeeEstimator, ldk.Logger];

/** Length of a block header in bytes. */
const HEADER_LENGTH = 80;

/** Brings a monitor that was read from the store up to block `tip`; it stands at a height of its own. */
export function connectMonitor(
  monitor: ldk.ChannelMonitor,
  chain: Chain,
  tip: number,
  tools: MonitorTools,
): void {
  for (let height = monitor.current_best_block().get_height() + 1; height <= tip; height++) {
    const block = chain.block(height);
    if (!block) return;
    const transactions = chain
      .transactions(height)
      .map((raw, index) => ldk.TwoTuple_usizeTransactionZ.constructor_new(index, raw));
    monitor.block_connected(plain(block.bytes.subarray(0, HEADER_LENGTH)), transactions, height, ...tools);
  }
}

/** What blocks are fed to. */
export interface FedByBlocks {
  readonly manager: ldk.ChannelManager;
  readonly monitor: ldk.ChainMonitor;
  /** The block at which all monitors stand. */
  readonly monitorHeight: number;
}

/** Feeds the chain's blocks to LDK, each once and in order. */
export class BlockFeed {
  readonly #chain: Chain;
  readonly #manager: ldk.Listen;
  readonly #monitor: ldk.Listen;
  #managerHeight: number;
  #monitorHeight: number;

  /** A restored manager may lag behind its monitors. */
  constructor(chain: Chain, { manager, monitor, monitorHeight }: FedByBlocks) {
    this.#chain = chain;
    this.#manager = manager.as_Listen();
    this.#monitor = monitor.as_Listen();
    this.#managerHeight = manager.current_best_block().get_height();
    this.#monitorHeight = monitorHeight;
  }

  /** The last block the node has seen. */
  get height(): number {
    return this.#managerHeight;
  }

  /** Feeds what is new. @returns true when there was anything */
  catchUp(): boolean {
    const before = this.#managerHeight;
    for (let height = before + 1; ; height++) {
      const block = this.#chain.block(height);
      if (!block) return height > before + 1;
      const bytes = plain(block.bytes);
      if (height > this.#monitorHeight) {
        this.#monitor.block_connected(bytes, height);
        this.#monitorHeight = height;
      }
      this.#manager.block_connected(bytes, height);
      this.#managerHeight = height;
    }
  }
}
