import type { Store, Tx } from "../store/types.js";
import { cardKey } from "../store/values.js";
import { type AccountRow, cardName, remaining, saveAccount } from "./accounts.js";
import { LedgerError } from "./errors.js";
import { blockFaces, lockWithFaces } from "./faces.js";
import { type LimitsChange, queueUpdate, storedLimits } from "./limits.js";
import { wrongState } from "./registry.js";

async function change(
  store: Store,
  cardId: Uint8Array,
  work: (
    account: AccountRow,
    queue: (...args: QueueArguments) => Promise<unknown>,
    held: { readonly tx: Tx; readonly faces: readonly AccountRow[] },
  ) => Promise<void>,
): Promise<void> {
  await store.write(async (tx) => {
    const { account, faces } = await lockWithFaces(store, tx, cardKey(cardId));
    const queue = (...[cause, now, limits]: QueueArguments) =>
      queueUpdate(store, tx, account, cause, BigInt(now), limits);
    await work(account, queue, { tx, faces });
    await saveAccount(tx, account);
  });
}

type QueueArguments = [
  cause: "block" | "holder-block" | "unblock" | "limits" | "retire",
  now: number,
  limits?: LimitsChange,
];

/**
 * Refuses the card from now on, its second face with it, and queues the update that makes the card refuse too. Blocked cards stay
 * so.
 * @param cause `holder-block` where its holder does it, on the card's page
 * @throws LedgerError `unknown-card`, `wrong-state`
 */
export async function blockCard(
  store: Store,
  cardId: Uint8Array,
  now: number,
  cause: "block" | "holder-block" = "block",
): Promise<void> {
  await change(store, cardId, async (account, queue, { tx, faces }) => {
    if (account.state === "retired") throw wrongState(account.card, account.state, "blocked");
    await blockFaces(tx, faces);
    if (account.state === "blocked") return;
    account.state = "blocked";
    await queue(cause, now);
  });
}

/**
 * Lets a blocked card pay again. Active cards stay so. One that was never put into use is pending again: it was not read
 * back yet (specs/04). A second face that was blocked with it is unblocked by itself. @throws LedgerError `unknown-card`, `wrong-state`
 */
export async function unblockCard(store: Store, cardId: Uint8Array, now: number): Promise<void> {
  await change(store, cardId, async (account, queue) => {
    if (account.state === "active") return;
    if (account.state !== "blocked") throw wrongState(account.card, account.state, "unblocked");
    account.state = account.activated === 1n ? "active" : "pending";
    await queue("unblock", now);
  });
}

/**
 * Queues new limits, or the reset of PIN tries or of what was spent without PIN.
 * @throws LedgerError `unknown-card`, `wrong-state`; ValueError
 */
export async function setLimits(
  store: Store,
  cardId: Uint8Array,
  limits: LimitsChange,
  now: number,
): Promise<void> {
  storedLimits({ maxPerTransaction: 0n, pinThreshold: 0n, noPinBudget: 0n, maxTransactions: 0, ...limits });
  await change(store, cardId, async (account, queue) => {
    if (account.state === "retired") throw wrongState(account.card, account.state, "given limits");
    if (account.kind === "sun")
      throw new LedgerError(
        "wrong-state",
        `card ${cardName(account.card)} is a Bolt Card: it keeps no limits of its own`,
        {
          hint: "Give it a policy instead: chequecard cards limits <card> --policy <name>",
        },
      );
    await queue("limits", now, limits);
  });
}

/**
 * Takes a card and its second face out of use for ever; their ids are never used again.
 * @throws LedgerError `unknown-card`, `not-enough` while there is money on it
 */
export async function retireCard(store: Store, cardId: Uint8Array, now: number): Promise<void> {
  await change(store, cardId, async (account, queue, { tx, faces }) => {
    if (account.state === "retired") return;
    for (const each of [account, ...faces])
      if (remaining(each) > 0n)
        throw new LedgerError("not-enough", `card ${cardName(each.card)} still has money on it`, {
          hint: "Pay it out or move it to another card first.",
        });
    for (const face of faces.filter(({ state }) => state !== "retired")) {
      face.state = "retired";
      await saveAccount(tx, face);
    }
    account.state = "retired";
    await queue("retire", now);
  });
}
