import type { Selectable } from "kysely";
import { equalBytes, type Msat, msat } from "../../common/index.js";
import type { LightningNode, PaymentLookup } from "../../lightning/nodes/port.js";
import type { AuthorizationState, AuthorizationsTable } from "../store/schema.js";
import type { Db, Store } from "../store/types.js";
import { eachAuthorization } from "./authorizations.js";

/** Where ledger and node do not say the same. */
export interface Difference {
  readonly card: bigint;
  readonly counter: bigint;
  readonly paymentHash: Buffer;
  readonly amount: Msat;
  readonly ledger: AuthorizationState;
  readonly node: PaymentLookup["state"];
  /** In a sentence. */
  readonly what: string;
  /** False: it will go away by itself, since the payment is under way or not booked yet. */
  readonly wrong: boolean;
}

/** Every authorization held against the node's own word. */
export interface NodeComparison {
  readonly compared: number;
  readonly settled: { readonly payments: number; readonly amount: Msat };
  readonly differences: readonly Difference[];
}

/** Differences that are kept; more say nothing new. */
const MAX_DIFFERENCES = 1000;
/** Questions to the node at a time. */
const TOGETHER = 16;

type Row = Selectable<AuthorizationsTable>;

/**
 * Asks the node about the payment of every authorization: settled ones must be settled there with the same preimage
 * and fee, void ones must not be paid. What is reserved is listed with what the node says about it.
 * @throws StoreError, NodeError
 */
export async function compareWithNode(
  store: Store,
  node: Pick<LightningNode, "lookupPayment">,
): Promise<NodeComparison> {
  let compared = 0;
  let payments = 0;
  let amount = 0n;
  const differences: Difference[] = [];
  const compare = async (rows: readonly Row[]): Promise<void> => {
    const found = await Promise.all(rows.map((row) => difference(store.db, row, node)));
    for (const [i, row] of rows.entries()) {
      const one = found[i];
      compared++;
      if (one && differences.length < MAX_DIFFERENCES) differences.push(one);
      if (row.state !== "settled" || one) continue;
      payments++;
      amount += row.amount;
    }
  };
  // No snapshot: it may take long, and holding one would keep the database from tidying up.
  let batch: Row[] = [];
  for await (const row of eachAuthorization(store.db)) {
    batch.push(row);
    if (batch.length < TOGETHER) continue;
    await compare(batch);
    batch = [];
  }
  await compare(batch);
  return { compared, settled: { payments, amount: msat(amount) }, differences };
}

async function difference(
  db: Db,
  row: Row,
  node: Pick<LightningNode, "lookupPayment">,
): Promise<Difference | undefined> {
  const answer = await node.lookupPayment(row.payment_hash);
  const found = judge(row, answer);
  if (!found) return undefined;
  // Another token may have paid this very invoice.
  if (row.state === "void" && (await isPaidByAnother(db, row))) return undefined;
  return {
    card: row.card,
    counter: row.counter,
    paymentHash: row.payment_hash,
    amount: msat(row.amount),
    ledger: row.state,
    node: answer.state,
    ...found,
  };
}

function judge(row: Row, answer: PaymentLookup): Pick<Difference, "what" | "wrong"> | undefined {
  switch (row.state) {
    case "settled":
      if (answer.state !== "settled")
        return { wrong: true, what: "the ledger has it settled, the node does not" };
      if (!row.preimage || !equalBytes(row.preimage, answer.preimage))
        return { wrong: true, what: "ledger and node have different preimages" };
      return row.fee === answer.fee
        ? undefined
        : { wrong: true, what: `the ledger has a fee of ${row.fee} msat, the node of ${answer.fee} msat` };
    case "void":
      return answer.state === "settled"
        ? { wrong: true, what: "the node paid it, the ledger gave the money back" }
        : undefined;
    case "reserved":
      return {
        wrong: false,
        what:
          answer.state === "settled"
            ? "paid, and booked by the next round of the service"
            : answer.state === "failed"
              ? "not paid, and given back by the service as soon as that is certain"
              : "under way",
      };
  }
}

async function isPaidByAnother(db: Db, row: Row): Promise<boolean> {
  const live = await db
    .selectFrom("authorizations")
    .select("counter")
    .where("payment_hash", "=", row.payment_hash)
    .where("live", "=", 1n)
    .executeTakeFirst();
  return live !== undefined;
}
