import { type Selectable, sql } from "kysely";
import type { PacksTable } from "../store/schema.js";
import type { Db, Store, Tx } from "../store/types.js";
import { blob, cardIdOf } from "../store/values.js";
import { LedgerError } from "./errors.js";

/** An acceptance pack that was given to a terminal. */
export type PackRow = Selectable<PacksTable>;

/** What a new pack has to be made from, read on one snapshot. */
export interface PackGround {
  /** Of the newest pack; 0 where there is none. */
  readonly newest: bigint;
  /** For the next pack: above every earlier one, also where the ledger was restored from a backup since. */
  readonly sequence: bigint;
  /** Ids of the cards that must not be accepted offline, 8 bytes each. */
  readonly denied: readonly Uint8Array[];
}

/**
 * What a new pack is made from: cards of these key sets that hold a certificate and are not in use, or contradicted
 * themselves (specs/09 §3.2).
 * @param keySets ids, 4 bytes each; @param now Unix milliseconds
 * @throws StoreError
 */
export async function packGround(
  store: Store,
  keySets: readonly Uint8Array[],
  now: number,
): Promise<PackGround> {
  return await store.read(async (tx) => {
    const newest = await newestPack(tx);
    const seconds = BigInt(Math.floor(now / 1000));
    const rows = await tx
      .selectFrom("cards")
      .innerJoin("accounts", "accounts.card", "cards.card")
      .select("cards.card")
      .where("cards.key_set", "in", keySets.map(blob))
      .where("cards.certified_until", ">", BigInt(now))
      .where((eb) =>
        eb.or([
          eb("accounts.state", "<>", "active"),
          eb.exists(
            eb
              .selectFrom("evidence")
              .select(sql<bigint>`1`.as("one"))
              .whereRef("evidence.card", "=", "cards.card"),
          ),
        ]),
      )
      .execute();
    return {
      newest,
      sequence: newest < seconds ? seconds : newest + 1n,
      denied: rows.map(({ card }) => cardIdOf(card)),
    };
  });
}

async function newestPack(tx: Tx): Promise<bigint> {
  const row = await tx
    .selectFrom("packs")
    .select((eb) => eb.fn.max("sequence").as("newest"))
    .executeTakeFirst();
  return row?.newest ?? 0n;
}

/**
 * Records a pack before its file is written.
 * @returns false when another pack was made since its ground was read: it has to be made from a new one
 * @throws LedgerError `wrong-state` when the terminal's packs were revoked; StoreError
 */
export async function recordPack(store: Store, pack: PackRow): Promise<boolean> {
  return await store.write(async (tx) => {
    await expectNotRevoked(tx, pack.terminal);
    const inserted = await tx
      .insertInto("packs")
      .values(pack)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return inserted.numInsertedOrUpdatedRows === 1n;
  });
}

/** @param terminal public key, 33 bytes @throws LedgerError `wrong-state` */
async function expectNotRevoked(db: Db | Tx, terminal: Uint8Array): Promise<void> {
  const revoked = await db
    .selectFrom("packs")
    .select("label")
    .where("terminal", "=", blob(terminal))
    .where("revoked_at", "is not", null)
    .limit(1)
    .executeTakeFirst();
  if (revoked)
    throw new LedgerError(
      "wrong-state",
      "the packs of this terminal's key were revoked, so it gets no more",
      {
        hint: 'Make another key at the terminal ("chequecard terminal pack key") and give out a pack for that one.',
      },
    );
}

/** Every pack that was given out, the newest first. @param usable only those that count now, Unix milliseconds */
export async function listPacks(db: Db | Tx, usable?: number): Promise<PackRow[]> {
  let query = db.selectFrom("packs").selectAll().orderBy("sequence", "desc");
  if (usable !== undefined)
    query = query
      .where("revoked_at", "is", null)
      .where(sql<boolean>`valid_until + 1000 * forwarding_window >= ${BigInt(usable)}`);
  return await query.execute();
}

/**
 * Revokes every pack of a terminal: its payee is an offline payee no more, unless another terminal's pack names it, and
 * no new pack is made for its key. Repeating it changes nothing.
 * @param terminal public key, 33 bytes; @param now Unix milliseconds
 * @returns the packs that were revoked now
 * @throws LedgerError `unknown-pack`
 */
export async function revokePacks(store: Store, terminal: Uint8Array, now: number): Promise<PackRow[]> {
  return await store.write(async (tx) => {
    const packs = await tx
      .selectFrom("packs")
      .selectAll()
      .where("terminal", "=", blob(terminal))
      .orderBy("sequence")
      .execute();
    if (packs.length === 0)
      throw new LedgerError("unknown-pack", "no pack was made for this terminal", {
        hint: 'List them with "chequecard issuer pack list".',
      });
    const revoked_at = BigInt(now);
    await tx
      .updateTable("packs")
      .set({ revoked_at })
      .where("terminal", "=", blob(terminal))
      .where("revoked_at", "is", null)
      .execute();
    return packs.filter((pack) => pack.revoked_at === null).map((pack) => ({ ...pack, revoked_at }));
  });
}
