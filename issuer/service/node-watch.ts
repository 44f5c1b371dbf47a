import { bytesToHex, equalBytes } from "../../common/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { listNodes, noteLiquidity, type Store } from "../store/index.js";
import { ServiceError } from "./monitor.js";

/** How often the node is asked whether it still runs, and the ledger for its nodes. */
const WATCH_MS = 2000;
/** How often what the channels can carry is written to the ledger. */
const LIQUIDITY_MS = 60_000;

/** What the watch works with. */
export interface WatchParts {
  readonly store: Store;
  readonly node: Pick<LightningNode, "info">;
  readonly nodeId: Uint8Array;
  readonly clock: () => number;
  readonly monotonic: () => number;
}

/** Follows what changes about the issuer's nodes while a service runs: channels, liquidity, the ledger's table. */
export class NodeWatch {
  /** Resolves with the error when the service's node has ended by itself, or was retired. */
  readonly failed: Promise<Error>;
  readonly #parts: WatchParts;
  readonly #timer: NodeJS.Timeout;
  #fail: (error: Error) => void = () => {};
  #slots: number | undefined;
  #others: readonly Uint8Array[] = [];
  #notedAt: number | undefined;

  private constructor(parts: WatchParts) {
    this.#parts = parts;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.#timer = setInterval(() => void this.#look().catch(() => {}), WATCH_MS);
  }

  /** Begins with what is true now. @throws NodeError; StoreError; ServiceError when the node was retired */
  static async start(parts: WatchParts): Promise<NodeWatch> {
    const watch = new NodeWatch(parts);
    try {
      await watch.#look();
      return watch;
    } catch (error) {
      watch.stop();
      throw error;
    }
  }

  /** HTLCs that the node's channels take at once; undefined where it is not known. */
  get slots(): number | undefined {
    return this.#slots;
  }

  /** The ids of the ledger's other nodes, 33 bytes each. */
  get others(): readonly Uint8Array[] {
    return this.#others;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    await this.#lookAtNode();
    const { store, nodeId } = this.#parts;
    const nodes = await listNodes(store.db);
    this.#others = nodes.map(({ node_id }) => node_id).filter((id) => !equalBytes(id, nodeId));
    const own = nodes.find(({ node_id }) => equalBytes(node_id, nodeId));
    if (own?.state === "retired") throw this.#failWith(retired(nodeId));
  }

  async #lookAtNode(): Promise<void> {
    const { store, node, nodeId, clock, monotonic } = this.#parts;
    const info = await node.info().catch((error: unknown) => {
      if (error instanceof NodeError && error.code === "closed") this.#failWith(error);
      throw error;
    });
    this.#slots = info.htlcSlots;
    const now = monotonic();
    if (this.#notedAt !== undefined && now - this.#notedAt < LIQUIDITY_MS) return;
    await noteLiquidity(store, nodeId, info, clock());
    this.#notedAt = now;
  }

  #failWith(error: Error): Error {
    this.#fail(error);
    return error;
  }
}

const retired = (nodeId: Uint8Array): ServiceError =>
  new ServiceError(`node ${bytesToHex(nodeId)} was retired from the ledger`, {
    hint: `Nothing of it is in flight. To take it into use again: chequecard ledger add-node ${bytesToHex(nodeId)}`,
  });
