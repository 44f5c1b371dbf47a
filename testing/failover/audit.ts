import { bytesToHex, hexToBytes } from "../../common/index.js";
import { verifyLedger } from "../../issuer/ledger/index.js";
import type { Store } from "../../issuer/store/index.js";
import { blob, cardKey } from "../../issuer/store/values.js";
import type { ScriptedNode } from "../nodes/scripted-node.js";
import type { Desk } from "./desk.js";
import type { Sales, Tap } from "./sales.js";

/** Payment hashes in SQL at once. */
const TOGETHER = 500;

async function inSlices<T>(hashes: readonly string[], look: (some: Buffer[]) => Promise<T[]>): Promise<T[]> {
  const found: T[] = [];
  for (let i = 0; i < hashes.length; i += TOGETHER)
    found.push(...(await look(hashes.slice(i, i + TOGETHER).map((hash) => blob(hexToBytes(hash))))));
  return found;
}

const rowsOf = (store: Store, hashes: readonly string[]) =>
  inSlices(hashes, (some) =>
    store.db
      .selectFrom("authorizations")
      .select(["payment_hash", "card", "counter", "state", "amount"])
      .where("payment_hash", "in", some)
      .execute(),
  );

/** Sales that the node paid and of which the ledger has no authorization that is not void. */
export async function forgotten(store: Store, sales: Sales): Promise<Tap[]> {
  const paid = sales.taps.filter(sales.isPaid);
  const rows = await rowsOf(
    store,
    paid.map(({ hash }) => hash),
  );
  const known = new Set(
    rows.filter(({ state }) => state !== "void").map((row) => bytesToHex(row.payment_hash)),
  );
  return paid.filter(({ hash }) => !known.has(hash));
}

/** Of these, those that the account of unmatched payments has, whatever became of them since. */
export async function unmatchedOf(store: Store, taps: readonly Tap[]): Promise<number> {
  const hashes = taps.map(({ hash }) => hash);
  const found = await inSlices(hashes, (some) =>
    store.db.selectFrom("unmatched").select("payment_hash").where("payment_hash", "in", some).execute(),
  );
  return found.length;
}

/**
 * Holds the ledger against what merchants, node and desk know.
 * @param mayForget the last moments before a failover may be lost
 * @returns what must not be
 */
export async function audit(
  store: Store,
  { sales, desk, node }: { sales: Sales; desk: Desk; node: ScriptedNode },
  mayForget: boolean,
): Promise<string[]> {
  const problems: string[] = [];
  const taps = new Map(sales.taps.map((tap) => [tap.hash, tap]));
  for (const row of await rowsOf(store, [...taps.keys()])) {
    const hash = bytesToHex(row.payment_hash);
    const tap = taps.get(hash) as Tap;
    const name = `counter ${row.counter} of card ${row.card}`;
    if (row.state === "settled" && !node.sent.has(hash))
      problems.push(`${name} is settled, the node paid nothing`);
    if (row.state === "reserved") problems.push(`${name} is still reserved`);
    if (row.amount !== tap.amount) problems.push(`${name} has ${row.amount} msat, the token ${tap.amount}`);
  }
  for (const tap of sales.taps) {
    const times = node.sent.get(tap.hash) ?? 0;
    if (times > 1) problems.push(`${tap.hash} was paid ${times} times`);
    if (times > 0 && tap.refused !== undefined)
      problems.push(`${tap.hash} was refused for good (${tap.refused}) and paid`);
  }
  const { violations } = await verifyLedger(store);
  problems.push(...violations.map(({ invariant, found }) => `ledger: ${invariant}: ${found.join("; ")}`));
  if (!mayForget) problems.push(...(await losses(store, sales, desk)));
  return problems;
}

/** What was answered and is not there: nothing, with a standby that has every commit. */
async function losses(store: Store, sales: Sales, desk: Desk): Promise<string[]> {
  const problems = (await forgotten(store, sales)).map(({ hash }) => `${hash} was paid and is forgotten`);
  const orders = new Map(
    (await store.db.selectFrom("orders").select(["reference", "amount"]).execute()).map((order) => [
      order.reference,
      order.amount,
    ]),
  );
  for (const [reference, amount] of desk.answered)
    if (orders.get(reference) !== amount)
      problems.push(`order ${reference}: answered ${amount} msat, the ledger has ${orders.get(reference)}`);
  for (const { cardId } of desk.closed) {
    const card = cardKey(cardId);
    const { state } = await store.db
      .selectFrom("accounts")
      .select("state")
      .where("card", "=", card)
      .executeTakeFirstOrThrow();
    if (state !== "blocked") problems.push(`card ${card} was closed and is ${state}`);
  }
  const evidence = await store.db.selectFrom("evidence").select("card").execute();
  problems.push(...evidence.map(({ card }) => `card ${card} is called a clone`));
  const unmatched = await store.db.selectFrom("unmatched").select("payment_hash").execute();
  problems.push(...unmatched.map((row) => `${bytesToHex(row.payment_hash)} was without an authorization`));
  return problems;
}

/** Orders that were answered and are gone. */
export async function lostOrders(store: Store, desk: Desk): Promise<number> {
  const rows = await store.db.selectFrom("orders").select("reference").execute();
  const known = new Set(rows.map(({ reference }) => reference));
  return [...desk.answered.keys()].filter((reference) => !known.has(reference)).length;
}
