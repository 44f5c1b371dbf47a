import { formatMsat, type Msat } from "../../common/msat.js";
import type { Store, Tx } from "../store/types.js";
import { cardKey } from "../store/values.js";
import { accountOf, cardName, lockAccounts, remaining, saveAccount } from "./accounts.js";
import { LedgerError } from "./errors.js";
import { expectWithinBalance, faceOf } from "./faces.js";
import { queueUpdate } from "./limits.js";
import { type Booked, bookOperation } from "./operations.js";

/**
 * Moves money between the two accounts of one card, within a transaction. What was signed for the card stays signed: what it
 * authorizes beyond its money is refused.
 * @throws LedgerError `unknown-card`, `wrong-state`, `not-enough`, `too-much`
 */
export async function move(
  store: Store,
  tx: Tx,
  fromId: Uint8Array,
  toId: Uint8Array,
  amount: Msat,
  at: bigint,
): Promise<Booked> {
  const [fromKey, toKey] = [cardKey(fromId), cardKey(toId)];
  if (amount <= 0n) throw new LedgerError("not-enough", "nothing to move: need more than 0 msat");
  const locked = await lockAccounts(store, tx, [fromKey, toKey]);
  const [from, to] = [accountOf(locked, fromKey), accountOf(locked, toKey)];
  if ((await faceOf(tx, toKey)) !== fromKey && (await faceOf(tx, fromKey)) !== toKey)
    throw new LedgerError(
      "wrong-state",
      `cards ${cardName(fromKey)} and ${cardName(toKey)} are not the two faces of one card`,
      { hint: "See what belongs to it: chequecard cards show <card>" },
    );
  for (const account of [from, to])
    if (account.state !== "active")
      throw new LedgerError(
        "wrong-state",
        `card ${cardName(account.card)} is ${account.state}: need both faces of the card active`,
      );
  const left = remaining(from);
  if (left < amount)
    throw new LedgerError(
      "not-enough",
      `card ${cardName(fromKey)} has ${formatMsat(left)} left: need ${formatMsat(amount)}`,
    );
  await expectWithinBalance(tx, to, amount);
  await bookOperation(store, tx, from, "move-out", amount, `to ${cardName(toKey)}`, at);
  await bookOperation(store, tx, to, "move-in", amount, `from ${cardName(fromKey)}`, at);
  for (const account of [from, to]) {
    await queueUpdate(store, tx, account, "move", at);
    await saveAccount(tx, account);
  }
  return { amount, operation: from.operation };
}
