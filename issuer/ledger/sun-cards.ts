import type { Selectable } from "kysely";
import { requireLength } from "../../common/bytes.js";
import type { Policy } from "../policy/schema.js";
import { findMany } from "../store/many.js";
import type { SunCardsTable } from "../store/schema.js";
import type { Db, FindStatement, Store, Tx } from "../store/types.js";
import { blob, cardKey } from "../store/values.js";
import { accountOf, cardName, lockAccount, lockAccounts, saveAccount } from "./accounts.js";
import { LedgerError } from "./errors.js";
import { internPolicy } from "./policies.js";
import { enterCard, wrongState } from "./registry.js";

/** A Bolt Card before its chip is programmed. */
export interface NewSunCard {
  /** 8 bytes, never used before. */
  readonly cardId: Uint8Array;
  /** Of the chip, 7 bytes. */
  readonly uid: Uint8Array;
  /** Batch key of its keys, 4 bytes. */
  readonly batch: Uint8Array;
  /** Of the keys that the chip has already; absent: the next one of the chip. */
  readonly version?: number | undefined;
  /** For people. */
  readonly label: string;
  readonly policy: Policy;
  /** From `pinCheck`, 24 bytes; absent: it has no PIN. */
  readonly pinCheck?: Uint8Array | undefined;
  /** Card whose second face it is, 8 bytes. */
  readonly faceOf?: Uint8Array | undefined;
}

/**
 * Enters a Bolt Card as `pending`, before its keys leave the issuer: they never get onto a chip that the ledger does not
 * know. A version of a chip is used once, since its counter starts again with every programming.
 * @param now Unix milliseconds
 * @returns the version of its keys
 * @throws LedgerError `card-exists`, also while the chip is another card that was not wiped; `unknown-card`; StoreError
 */
export async function registerSunCard(store: Store, card: NewSunCard, now: number): Promise<number> {
  return await store.write(async (tx) => {
    const policy = await internPolicy(tx, card.policy);
    return await enterSunCard(tx, { ...card, policy }, BigInt(now));
  });
}

/** {@link registerSunCard} within a transaction. @param card its policy as a row */
export async function enterSunCard(
  tx: Tx,
  card: Omit<NewSunCard, "policy"> & { readonly policy: bigint },
  at: bigint,
): Promise<number> {
  requireLength(card.uid, 7, "uid");
  requireLength(card.batch, 4, "batch key id");
  const uid = blob(card.uid);
  const earlier = await tx
    .selectFrom("sun_cards")
    .select(["card", "version", "live"])
    .where("uid", "=", uid)
    .orderBy("version", "desc")
    .execute();
  const now = earlier.find(({ live }) => live === 1n);
  if (now)
    throw new LedgerError("card-exists", `this chip is card ${cardName(now.card)} already`, {
      hint: "Wipe it first: chequecard cards bolt wipe <card>",
    });
  const next = (earlier[0]?.version ?? -1n) + 1n;
  const version = card.version === undefined ? next : BigInt(card.version);
  if (version < next)
    throw new LedgerError(
      "card-exists",
      `this chip had version ${version} of its keys before: need ${next} or more`,
    );
  if (card.faceOf) {
    const main = await tx
      .selectFrom("cards")
      .select("kind")
      .where("card", "=", cardKey(card.faceOf))
      .executeTakeFirst();
    if (main?.kind !== "token")
      throw new LedgerError("unknown-card", "the card whose second face it is is not in the ledger");
  }
  const key = cardKey(card.cardId);
  await enterCard(
    tx,
    {
      card: key,
      kind: "sun",
      public_key: Buffer.alloc(0),
      key_set: blob(card.batch),
      label: card.label,
      registered_at: at,
      node: 0n,
    },
    card.policy,
  );
  const inserted = await tx
    .insertInto("sun_cards")
    .values({
      card: key,
      uid,
      version,
      batch: blob(card.batch),
      live: 1n,
      counter: 0n,
      reading: null,
      pin_check: card.pinCheck ? blob(card.pinCheck) : null,
      pin_tries: 0n,
      face_of: card.faceOf ? cardKey(card.faceOf) : null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows !== 1n)
    throw new LedgerError("card-exists", "this chip was registered by another request just now");
  return Number.parseInt(version.toString(), 10);
}

/** What a reading's card is found by. */
export interface FoundSunCard {
  readonly card: bigint;
  readonly version: bigint;
  readonly batch: Buffer;
  /** Highest counter read. */
  readonly counter: bigint;
}

/** The card that a chip is now. */
export const SUN_CARD: FindStatement<"uid", FoundSunCard> = findMany(
  { uid: "bytes" },
  { card: "int", version: "int", batch: "bytes", counter: "int" },
  (p) => `select card, version, batch, counter from sun_cards where uid = ${p.uid} and live = 1`,
);

/** What a chip was last, also when its keys were shown for wiping since. @param uid 7 bytes */
export async function newestOfChip(
  db: Db | Tx,
  uid: Uint8Array,
): Promise<(FoundSunCard & { readonly live: bigint }) | undefined> {
  return await db
    .selectFrom("sun_cards")
    .select(["card", "version", "batch", "counter", "live"])
    .where("uid", "=", blob(uid))
    .orderBy("version", "desc")
    .limit(1)
    .executeTakeFirst();
}

export type SunCardRow = Selectable<SunCardsTable>;

/** The row of a Bolt Card. @throws LedgerError `unknown-card`, also for a card of another kind */
export async function showSunCard(db: Db | Tx, cardId: Uint8Array): Promise<SunCardRow> {
  const card = cardKey(cardId);
  const row = await db.selectFrom("sun_cards").selectAll().where("card", "=", card).executeTakeFirst();
  if (row) return row;
  throw new LedgerError("unknown-card", `card ${cardName(card)} is no Bolt Card of this ledger`, {
    hint: "See what it is: chequecard cards show <card>",
  });
}

/**
 * Takes a chip out of use before its keys are shown for wiping: the card is blocked, and the chip may become another one.
 * What it has stays on its account. Twice is once.
 * @throws LedgerError `unknown-card`, `wrong-state` for a second face, which has no chip of its own; StoreError
 */
export async function wipeSunCard(store: Store, cardId: Uint8Array): Promise<SunCardRow> {
  return await store.write(async (tx) => {
    const account = await lockAccount(store, tx, cardKey(cardId));
    const row = await showSunCard(tx, cardId);
    if (row.face_of !== null)
      throw new LedgerError(
        "wrong-state",
        `card ${cardName(row.card)} is the second face of card ${cardName(row.face_of)}, and no chip that an app makes blank`,
        { hint: "Nothing was changed. A lost card is blocked with its face: chequecard cards block <card>" },
      );
    if (account.state === "active" || account.state === "pending") {
      account.state = "blocked";
      await saveAccount(tx, account);
    }
    await tx.updateTable("sun_cards").set({ live: 0n }).where("card", "=", row.card).execute();
    return row;
  });
}

/**
 * Gives a Bolt Card another PIN, or none, and forgets the tries.
 * @param pinCheck from `pinCheck`, 24 bytes; undefined: no PIN
 * @throws LedgerError `unknown-card`, `wrong-state`; StoreError
 */
export async function setSunPin(
  store: Store,
  cardId: Uint8Array,
  pinCheck: Uint8Array | undefined,
): Promise<void> {
  await store.write(async (tx) => {
    const account = await lockAccount(store, tx, cardKey(cardId));
    const { card } = await showSunCard(tx, cardId);
    if (account.state === "retired") throw wrongState(card, account.state, "given a PIN");
    await tx
      .updateTable("sun_cards")
      .set({ pin_check: pinCheck ? blob(pinCheck) : null, pin_tries: 0n })
      .where("card", "=", card)
      .execute();
  });
}

/** What a PIN is compared with, or that it may not be tried any more. */
export type PinTry = { readonly check: Buffer } | "none" | "blocked";

/**
 * Counts a try before the PIN is compared, so that none is free, whatever fails in between.
 * @param max tries in a row
 * @throws StoreError
 */
export async function countPinTry(store: Store, card: bigint, max: number): Promise<PinTry> {
  return await store.write(async (tx) => {
    accountOf(await lockAccounts(store, tx, [card]), card);
    const row = await tx
      .selectFrom("sun_cards")
      .select(["pin_check", "pin_tries"])
      .where("card", "=", card)
      .executeTakeFirst();
    if (!row?.pin_check) return "none";
    if (row.pin_tries >= BigInt(max)) return "blocked";
    await tx
      .updateTable("sun_cards")
      .set((eb) => ({ pin_tries: eb("pin_tries", "+", 1n) }))
      .where("card", "=", card)
      .execute();
    return { check: row.pin_check };
  });
}

/**
 * Forgets the tries after a right PIN, unless the card has got another one meanwhile.
 * @throws StoreError
 */
export async function forgetPinTries(store: Store, card: bigint, check: Buffer): Promise<void> {
  await store.write(async (tx) => {
    await tx
      .updateTable("sun_cards")
      .set({ pin_tries: 0n })
      .where("card", "=", card)
      .where("pin_check", "=", check)
      .execute();
  });
}
