import type { Authorization } from "../../apdu/sealed/authorization.js";
import type { OpenedMessage } from "../../apdu/sealed/message.js";
import { STATEMENT, statementOf } from "../ledger/evidence.js";
import { findMany } from "../store/many.js";
import type { FindStatement, ManyRow, Store } from "../store/types.js";
import { blob, cardIdOf, cardKey } from "../store/values.js";
import type { CardRecord } from "../verify.js";
import { GroupCommit } from "./group-commit.js";

interface CardRow {
  readonly public_key: Buffer | null;
  readonly key_set: Buffer | null;
}

const CARD: FindStatement<"card", CardRow> = findMany(
  { card: "int" },
  { public_key: "bytes", key_set: "bytes" },
  (p) => `select public_key, key_set from cards where card = ${p.card} and kind = 'token'`,
);

type Statement = "card" | "counter" | "amount" | "total" | "flags" | "invoiceHash" | "statement";

type TokenKey = ManyRow<Statement> & { readonly card: bigint };

/** The same work whether there is such a card or not. */
const CARD_FOR: FindStatement<Statement, CardRow & { readonly decided: bigint }> = findMany(
  {
    card: "int",
    counter: "int",
    amount: "int",
    total: "int",
    flags: "int",
    invoiceHash: "bytes",
    statement: "bytes",
  },
  { public_key: "bytes", key_set: "bytes", decided: "int" },
  (p) => `select c.public_key, c.key_set, cast(case
      when exists (select 1 from authorizations where card = ${p.card} and counter = ${p.counter}
        and amount = ${p.amount} and total_after = ${p.total} and flags = ${p.flags}
        and invoice_hash = ${p.invoiceHash}) then 1
      when exists (select 1 from gaps where card = ${p.card} and first <= ${p.counter} and last >= ${p.counter}
        and voided_at is not null) then 1
      when exists (select 1 from evidence where card = ${p.card} and ${STATEMENT} = ${p.statement}) then 1
      else 0 end as bigint) as decided
    from (select 1 as one) o left join cards c on c.card = ${p.card} and c.kind = 'token'`,
);

/** A card, and whether what its token states was decided before. */
export interface CardFound extends CardRecord {
  /** For good: paid, being paid, void, or kept as evidence. */
  readonly isDecided: boolean;
}

/** Queries at once on a server, when one before waits for long. */
const MAX_GROUPS = 2;

/** Reads card records for many requests at once; a card that does not exist costs what one that does costs. */
export class CardLookup {
  readonly #cards: GroupCommit<bigint, CardRecord | undefined>;
  readonly #tokens: GroupCommit<TokenKey, CardFound | undefined>;

  constructor(store: Store, maxBatch: number) {
    const options = {
      keys: () => [],
      maxBatch,
      maxGroups: store.kind === "postgres" ? MAX_GROUPS : 1,
      retryAlone: () => false,
    };
    this.#cards = new GroupCommit({
      ...options,
      run: async (cards) => {
        const rows = await store.many.find(
          store.db,
          CARD,
          cards.map((card) => ({ card })),
        );
        return cards.map((card, i) => recordOf(card, rows[i]));
      },
    });
    this.#tokens = new GroupCommit({
      ...options,
      run: async (tokens) => {
        const rows = await store.many.find(store.db, CARD_FOR, tokens);
        return tokens.map(({ card }, i) => {
          const record = recordOf(card, rows[i]);
          return record && { ...record, isDecided: rows[i]?.decided === 1n };
        });
      },
    });
  }

  /** The record of a card, or undefined. @param cardId 8 bytes; @throws StoreError */
  async find(cardId: Uint8Array): Promise<CardRecord | undefined> {
    return await this.#cards.submit(cardKey(cardId));
  }

  /** The card that a token names. Its signature is not checked yet. @throws StoreError */
  findFor(token: OpenedMessage<Authorization>): Promise<CardFound | undefined> {
    const { fields } = token;
    return this.#tokens.submit({
      card: cardKey(fields.cardId),
      counter: BigInt(fields.counter),
      amount: fields.amount,
      total: fields.authorizedTotal,
      flags: BigInt(fields.flags),
      invoiceHash: blob(fields.invoiceHash),
      statement: statementOf(blob(token.clear)),
    });
  }
}

const recordOf = (card: bigint, row: CardRow | undefined): CardRecord | undefined =>
  row?.public_key && row.key_set
    ? { cardId: cardIdOf(card), publicKey: row.public_key, keySetId: row.key_set }
    : undefined;
