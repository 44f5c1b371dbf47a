import { formatMsat, type Msat, msat } from "../../common/msat.js";
import { parsePolicy } from "../policy/index.js";
import type { Db, Store, Tx } from "../store/types.js";
import { cardIdOf, cardKey } from "../store/values.js";
import { type AccountRow, accountOf, cardName, lockAccounts, remaining, saveAccount } from "./accounts.js";
import { LedgerError } from "./errors.js";

/** The second faces of a card (specs/10 §8.6); none of a card that has none, or is one itself. */
export async function facesOf(db: Db | Tx, card: bigint): Promise<bigint[]> {
  const rows = await db.selectFrom("sun_cards").select("card").where("face_of", "=", card).execute();
  return rows.map(({ card: face }) => face);
}

/** The card whose second face a card is; undefined for any other. */
export async function faceOf(db: Db | Tx, card: bigint): Promise<bigint | undefined> {
  const row = await db.selectFrom("sun_cards").select("face_of").where("card", "=", card).executeTakeFirst();
  return row?.face_of ?? undefined;
}

/**
 * The account that a move begins at and the one it ends at: those of a card and its second face.
 * @param cardId of the card, 8 bytes; @param back from the face to the card
 * @throws LedgerError `wrong-state` for a card without a second face in use, or that is one
 */
export async function faceRoute(
  db: Db | Tx,
  cardId: Uint8Array,
  back: boolean,
): Promise<{ readonly cardId: Uint8Array; readonly to: Uint8Array }> {
  const card = cardKey(cardId);
  const rows = await db
    .selectFrom("sun_cards")
    .innerJoin("accounts", "accounts.card", "sun_cards.card")
    .select(["sun_cards.card", "accounts.state"])
    .where("face_of", "=", card)
    .execute();
  const face = rows.find(({ state }) => state === "active") ?? rows.find(({ state }) => state !== "retired");
  if (!face)
    throw new LedgerError("wrong-state", `card ${cardName(card)} has no second face to move money to`, {
      hint: "Name the card itself, not its second face; a card gets one when it is personalized with bolt-card in the profile.",
    });
  const other = cardIdOf(face.card);
  return back ? { cardId: other, to: cardId } : { cardId, to: other };
}

/** A card and its second faces, held until the transaction ends. @throws LedgerError `unknown-card` */
export async function lockWithFaces(
  store: Store,
  tx: Tx,
  card: bigint,
): Promise<{ readonly account: AccountRow; readonly faces: readonly AccountRow[] }> {
  const faces = await facesOf(tx, card);
  const locked = await lockAccounts(store, tx, [card, ...faces]);
  return { account: accountOf(locked, card), faces: faces.map((face) => accountOf(locked, face)) };
}

/** A card that is lost is lost with both faces. The accounts are held already. */
export async function blockFaces(tx: Tx, faces: readonly AccountRow[]): Promise<void> {
  for (const face of faces) {
    if (face.state !== "active" && face.state !== "pending") continue;
    face.state = "blocked";
    await saveAccount(tx, face);
  }
}

/**
 * Refuses money that would bring an account above what its policy allows.
 * @throws LedgerError `too-much`
 */
export async function expectWithinBalance(tx: Tx, account: AccountRow, amount: Msat): Promise<void> {
  const { json } = await tx
    .selectFrom("policies")
    .select("json")
    .where("policy", "=", account.policy)
    .executeTakeFirstOrThrow();
  const { maxBalance } = parsePolicy(JSON.parse(json));
  const left = remaining(account);
  if (maxBalance === undefined || left + amount <= maxBalance) return;
  const room = maxBalance > left ? msat(maxBalance - left) : msat(0n);
  throw new LedgerError(
    "too-much",
    `card ${cardName(account.card)} may hold ${formatMsat(maxBalance)} and has ${formatMsat(left)}: need at most ${formatMsat(room)}, have ${formatMsat(amount)}`,
    { hint: "Take a smaller amount, or give the card a policy with a higher maxBalance." },
  );
}
