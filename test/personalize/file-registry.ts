import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, hexToBytes, type Msat } from "../../common/index.js";
import type { PendingCard } from "../../personalize/index.js";
import { MemoryRegistry } from "./deterministic.js";

/** Where a test keeps the card with this index. */
export const cardPath = (folder: string, index: number): string => join(folder, `card-${index}.json`);

/** A registry in a file of lines: what it has said is there after a SIGKILL. */
export class FileRegistry extends MemoryRegistry {
  readonly #path: string;

  constructor(path: string) {
    super();
    this.#path = path;
    for (const line of existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : []) {
      const [state = "", id = "", key = ""] = line.split(" ");
      const known = this.cards.get(id);
      if (known) known.state = state as "active";
      else this.cards.set(id, { state: "pending", card: pendingCard(id, key) });
    }
  }

  override async register(card: PendingCard): Promise<void> {
    await super.register(card);
    this.#append("pending", card.cardId, bytesToHex(card.publicKey));
  }

  override async activate(cardId: Uint8Array): Promise<void> {
    await super.activate(cardId);
    this.#append("active", cardId);
  }

  override async retire(cardId: Uint8Array): Promise<void> {
    await super.retire(cardId);
    if (this.cards.has(bytesToHex(cardId))) this.#append("retired", cardId);
  }

  #append(state: string, cardId: Uint8Array, key = ""): void {
    appendFileSync(this.#path, `${state} ${bytesToHex(cardId)} ${key}\n`);
  }
}

function pendingCard(id: string, key: string): PendingCard {
  const limits = { maxPerTransaction: 0n, pinThreshold: 0n, noPinBudget: 0n, maxTransactions: 0 };
  const cardId = hexToBytes(id);
  const none = new Uint8Array(4);
  return {
    cardId,
    publicKey: hexToBytes(key),
    keySetId: none,
    nodeId: new Uint8Array(33),
    label: "",
    credit: 0n as Msat,
    limits,
    policy: {},
  };
}
