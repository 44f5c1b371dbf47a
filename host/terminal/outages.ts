import { bytesToHex } from "../../common/bytes.js";
import type { NodeUri } from "../../lightning/node-uri.js";

/** What is away. */
export type Away = "own-node" | "payer";

/**
 * What the terminal cannot reach: the merchant's node, or the nodes of card issuers, each by itself. It is offline towards a
 * card when one of the two that the card needs is away.
 */
export class Outages {
  #ownNode = false;
  /** By node id, hex. */
  readonly #payers = new Map<string, NodeUri>();
  readonly #changed: (() => void) | undefined;

  /** @param changed called when something went away or came back */
  constructor(changed?: () => void) {
    this.#changed = changed;
  }

  /** Whether the merchant's own node is away. */
  get ownNode(): boolean {
    return this.#ownNode;
  }

  /** Whether everything can be reached, as far as the terminal knows. */
  get none(): boolean {
    return !this.#ownNode && this.#payers.size === 0;
  }

  /** What a sale to a card of this node would miss; undefined: nothing that is known. @param nodeId 33 bytes */
  towards(nodeId: Uint8Array): Away | undefined {
    if (this.#ownNode) return "own-node";
    return this.#payers.has(bytesToHex(nodeId)) ? "payer" : undefined;
  }

  /** Payers that are away. */
  payers(): readonly NodeUri[] {
    return [...this.#payers.values()];
  }

  setOwnNode(away: boolean): void {
    if (this.#ownNode === away) return;
    this.#ownNode = away;
    this.#changed?.();
  }

  setPayer(uri: NodeUri, away: boolean): void {
    const id = bytesToHex(uri.nodeId);
    if (this.#payers.has(id) === away) return;
    if (away) this.#payers.set(id, uri);
    else this.#payers.delete(id);
    this.#changed?.();
  }
}
