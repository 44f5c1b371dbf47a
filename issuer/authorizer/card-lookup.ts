import type { Store } from "../store/index.js";
import { findMany } from "../store/many.js";
import type { FindStatement } from "../store/types.js";
import { cardIdOf, cardKey } from "../store/values.js";
import type { CardRecord } from "../verify.js";
import { GroupCommit } from "./group-commit.js";

interface KeyRow {
  readonly public_key: Buffer;
  readonly key_set: Buffer;
}

const CARD: FindStatement<"card", KeyRow> = findMany(
  { card: "int" },
  { public_key: "bytes", key_set: "bytes" },
  (p) => `select public_key, key_set from cards where card = ${p.card}`,
);

/** Queries at once on a server, when one before waits for long. */
const MAX_GROUPS = 2;

/** Reads card records for many requests at once; a card that does not exist costs what one that does costs. */
export class CardLookup {
  readonly #group: GroupCommit<bigint, { readonly record: CardRecord | undefined }>;

  constructor(store: Store, maxBatch: number) {
    this.#group = new GroupCommit({
      keys: () => [],
      maxBatch,
      maxGroups: store.kind === "postgres" ? MAX_GROUPS : 1,
      retryAlone: () => false,
      run: async (cards) => {
        const rows = await store.many.find(
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

const record = (card: bigint, row: KeyRow | undefined): CardRecord | undefined =>
  row && { cardId: cardIdOf(card), publicKey: row.public_key, keySetId: row.key_set };
