import type { Selectable } from "kysely";
import type { PageHashes } from "../../keys/index.js";
import type { CardPagesTable } from "../store/schema.js";
import type { Db, Store, Tx } from "../store/types.js";
import { blob, cardKey } from "../store/values.js";
import { cardName, lockAccount } from "./accounts.js";
import { LedgerError } from "./errors.js";

/** The page of a card, as the ledger has it. */
export type CardPage = Selectable<CardPagesTable>;

/** Enters the page of a card, within the transaction that enters the card. */
export async function insertCardPage(
  tx: Tx,
  card: bigint,
  { secretHash, codeHash }: PageHashes,
  at: bigint,
): Promise<void> {
  await tx
    .insertInto("card_pages")
    .values({
      card,
      secret_hash: blob(secretHash),
      code_hash: blob(codeHash),
      made_at: at,
      revoked_at: null,
      tries_until: 0n,
    })
    .execute();
}

/**
 * Gives a card a page, or another secret and code in the place of those that it had: the old ones open nothing any more.
 * @param now Unix milliseconds
 * @throws LedgerError `unknown-card`; `wrong-state` for a card that is out of use for ever
 */
export async function setCardPage(
  store: Store,
  cardId: Uint8Array,
  hashes: PageHashes,
  now: number,
): Promise<void> {
  await store.write(async (tx) => {
    const { card, state } = await lockAccount(store, tx, cardKey(cardId));
    if (state === "retired")
      throw new LedgerError("wrong-state", `card ${cardName(card)} is retired and gets no page`, {
        hint: "Make one for the card that replaced it.",
      });
    await removePage(tx, card);
    await insertCardPage(tx, card, hashes, BigInt(now));
  });
}

async function removePage(tx: Tx, card: bigint): Promise<void> {
  const secrets = tx.selectFrom("card_pages").select("secret_hash").where("card", "=", card);
  await tx.deleteFrom("card_page_tries").where("secret_hash", "in", secrets).execute();
  await tx.deleteFrom("card_pages").where("card", "=", card).execute();
}

/**
 * Ends the page of a card: its secret is answered like one that never was. Repeating it changes nothing.
 * @param now Unix milliseconds
 * @throws LedgerError `unknown-card`; `wrong-state` for a card without a page
 */
export async function revokeCardPage(store: Store, cardId: Uint8Array, now: number): Promise<void> {
  await store.write(async (tx) => {
    const { card } = await lockAccount(store, tx, cardKey(cardId));
    const page = await findCardPage(tx, cardId);
    if (!page)
      throw new LedgerError("wrong-state", `card ${cardName(card)} has no page`, {
        hint: "Make one: chequecard cards page new <card>",
      });
    await tx
      .updateTable("card_pages")
      .set({ revoked_at: BigInt(now) })
      .where("card", "=", card)
      .where("revoked_at", "is", null)
      .execute();
  });
}

/** The page of a card, a revoked one too; undefined where it has none. */
export async function findCardPage(db: Db | Tx, cardId: Uint8Array): Promise<CardPage | undefined> {
  return await db.selectFrom("card_pages").selectAll().where("card", "=", cardKey(cardId)).executeTakeFirst();
}

/** Whether the page of a card is still the one of a secret. @param secretHash 32 bytes */
export async function isOpenPage(db: Db, card: bigint, secretHash: Uint8Array): Promise<boolean> {
  const page = await db
    .selectFrom("card_pages")
    .select("card")
    .where("card", "=", card)
    .where("secret_hash", "=", blob(secretHash))
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  return page !== undefined;
}
