import type { Store } from "../store/index.js";
import { findMany } from "../store/many.js";
import { cardIdOf, cardKey } from "../store/values.js";
import type { CardRecord } from "../verify.js";
import { GroupCommit } from "./group-commit.js";

const CARD = findMany({ card: "int" }, (p) => `select public_key, key_set from cards where card = ${p.card}`);

/** Reads card records for many requests at once; a card that does not exist costs what one that does costs. */
export class CardLookup {
  readonly #group: GroupCommit<bigint, { readonly record: CardRecord | undefined }>;

  constructor(store: Store, maxBatch: number) {
    this.#group = new GroupCommit({
      keys: () => [],
      maxBatch,
      retryAlone: () => false,
      run: async (cards) => {
        const rows = await store.many.find<{ public_key: Buffer; key_set: Buffer }, "card">(
          store.db,
          CARD,
          cards.map((card) => ({ card })),
        );
        return cards.map((card, i) => ({ record: record(card, rows[i]) }));
      },
    });
  }

  /** The record of a card, or undefined. @param cardId 8 bytes; @throws StoreError */
  async find(cardId: Uint8Array): Promise<CardRecord | undefined> {
    return (await this.#group.submit(cardKey(cardId))).record;
  }
}

const record = (
  card: bigint,
  row: { readonly public_key: Buffer; readonly key_set: Buffer } | undefined,
): CardRecord | undefined =>
  row && { cardId: cardIdOf(card), publicKey: row.public_key, keySetId: row.key_set };
