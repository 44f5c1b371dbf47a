import { bytesToHex, concatBytes, hexToBytes } from "../../../common/index.js";
import type { NodeStore } from "./store.js";

const NODE_ID_LENGTH = 33;
const MAX_KNOWN = 1024;

/** Peers that have asked successfully before, in the node's file; the one that did so longest ago is forgotten first. */
export class KnownPeers {
  readonly #store: NodeStore;
  /** Node ids as hex, the one that asked longest ago first. */
  readonly #peers = new Set<string>();

  constructor(store: NodeStore) {
    this.#store = store;
    const stored = store.getState("known-peers") ?? new Uint8Array(0);
    for (let at = 0; at + NODE_ID_LENGTH <= stored.length; at += NODE_ID_LENGTH)
      this.#peers.add(bytesToHex(stored.subarray(at, at + NODE_ID_LENGTH)));
  }

  has(peer: string): boolean {
    return this.#peers.has(peer);
  }

  /** Remembers a peer; written with the next commit when it was not known. */
  add(peer: string): void {
    const isNew = !this.#peers.delete(peer);
    this.#peers.add(peer);
    for (const oldest of this.#peers) {
      if (this.#peers.size <= MAX_KNOWN) break;
      this.#peers.delete(oldest);
    }
    if (isNew)
      this.#store.setState("known-peers", concatBytes(...[...this.#peers].map((id) => hexToBytes(id))));
  }
}
