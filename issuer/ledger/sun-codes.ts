import { sha256 } from "../../common/sha256.js";
import type { Policy } from "../policy/schema.js";
import type { Store } from "../store/types.js";
import { blob, cardIdOf, cardKey } from "../store/values.js";
import { LedgerError } from "./errors.js";
import { internPolicy } from "./policies.js";
import { enterSunCard } from "./sun-cards.js";

/** A card to be made with a one-time code. */
export interface NewSunCode {
  /** Random, 16 bytes; the ledger keeps its hash alone. */
  readonly code: Uint8Array;
  /** Of the card to be, 8 bytes, never used before. */
  readonly cardId: Uint8Array;
  readonly label: string;
  readonly policy: Policy;
  /** Batch key id, 4 bytes. */
  readonly batch: Uint8Array;
  /** From `pinCheck`, 24 bytes; absent: the card has no PIN. */
  readonly pinCheck?: Uint8Array | undefined;
}

/**
 * Enters one-time codes, all or none. An open code of the same label stops being good.
 * @param now Unix milliseconds; @param expiresAt the same
 * @throws LedgerError `card-exists` when a card in use has one of the labels; StoreError
 */
export async function addSunCodes(
  store: Store,
  codes: readonly NewSunCode[],
  now: number,
  expiresAt: number,
): Promise<void> {
  await store.write(async (tx) => {
    for (const { code, cardId, label, policy, batch, pinCheck } of codes) {
      const made = await tx
        .selectFrom("cards")
        .innerJoin("accounts", "accounts.card", "cards.card")
        .select("label")
        .where("label", "=", label)
        .where("state", "<>", "retired")
        .where("state", "<>", "blocked")
        .executeTakeFirst();
      if (made)
        throw new LedgerError("card-exists", `a card in use is labelled "${label}" already`, {
          hint: "Choose another number; nothing was entered.",
        });
      await tx
        .updateTable("sun_codes")
        .set({ expires_at: BigInt(now) })
        .where("label", "=", label)
        .where("used_at", "is", null)
        .where("expires_at", ">", BigInt(now))
        .execute();
      await tx
        .insertInto("sun_codes")
        .values({
          code: blob(sha256(code)),
          label,
          policy: await internPolicy(tx, policy),
          batch: blob(batch),
          pin_check: pinCheck ? blob(pinCheck) : null,
          made_at: BigInt(now),
          expires_at: BigInt(expiresAt),
          used_at: null,
          card: cardKey(cardId),
        })
        .execute();
    }
  });
}

/** A chip whose keys may be given out now. */
export interface RedeemedCode {
  readonly version: number;
  readonly batch: Uint8Array;
}

/**
 * Uses a code up for a chip and registers its card, in one step: durable before anybody sees the keys.
 * @param uid 7 bytes
 * @returns undefined when the code is unknown, used or expired: one answer for all of them
 * @throws LedgerError `card-exists` while the chip is a card that was not wiped: the code stays good then; StoreError
 */
export async function redeemSunCode(
  store: Store,
  code: Uint8Array,
  uid: Uint8Array,
  now: number,
): Promise<RedeemedCode | undefined> {
  const at = BigInt(now);
  return await store.write(async (tx) => {
    const hash = blob(sha256(code));
    const { numUpdatedRows } = await tx
      .updateTable("sun_codes")
      .set({ used_at: at })
      .where("code", "=", hash)
      .where("used_at", "is", null)
      .where("expires_at", ">", at)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return undefined;
    const row = await tx
      .selectFrom("sun_codes")
      .selectAll()
      .where("code", "=", hash)
      .executeTakeFirstOrThrow();
    const { card, label, policy, batch, pin_check } = row;
    const version = await enterSunCard(
      tx,
      { cardId: cardIdOf(card), uid, batch, label, policy, ...(pin_check ? { pinCheck: pin_check } : {}) },
      at,
    );
    return { version, batch };
  });
}
