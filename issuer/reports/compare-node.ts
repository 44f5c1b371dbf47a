import type { Selectable } from "kysely";
import { type Msat, msat } from "../../common/index.js";
import type { AuthorizationState, AuthorizationsTable } from "../store/schema.js";
import type { Db, Store } from "../store/types.js";
import { eachAuthorization } from "./authorizations.js";

/** What the node says of a payment. */
export type PaymentStanding =
  | { readonly state: "settled"; readonly fee: Msat }
  | { readonly state: "failed" | "unknown" | "not-found" };

/** Asks the node about payments by their hashes, 32 bytes each, at most {@link TOGETHER} at a time. */
export type LookUpPayments = (paymentHashes: readonly Uint8Array[]) => Promise<readonly PaymentStanding[]>;

/** Where ledger and node do not say the same. */
export interface Difference {
  readonly card: bigint;
  readonly counter: bigint;
  readonly paymentHash: Buffer;
  readonly amount: Msat;
  readonly ledger: AuthorizationState;
  readonly node: PaymentStanding["state"];
  /** In a sentence. */
  readonly what: string;
  /** False: it will go away by itself, since the payment is under way or not booked yet. */
  readonly wrong: boolean;
}

/** Every authorization held against the node's own word. */
export interface NodeComparison {
  readonly compared: number;
  /** Settled in both. */
  readonly settled: { readonly payments: number; readonly amount: Msat };
  readonly differences: readonly Difference[];
}

/** Differences that are kept; more say nothing new. */
const MAX_DIFFERENCES = 1000;
/** Questions to the node at a time. */
export const TOGETHER = 100;

type Row = Selectable<AuthorizationsTable>;

/**
 * Asks the node about the payment of every authorization: settled ones must be settled there with the same fee, void
 * ones must not be paid. What is reserved is listed with what the node says about it. (That the preimages are right is
 * the ledger's own proof.)
 * @throws StoreError; what `lookUp` throws
 */
export async function compareWithNode(store: Store, lookUp: LookUpPayments): Promise<NodeComparison> {
  let compared = 0;
  let payments = 0;
  let amount = 0n;
  const differences: Difference[] = [];
  const compare = async (rows: readonly Row[]): Promise<void> => {
    const answers = await lookUp(rows.map((row) => row.payment_hash));
    for (const [i, row] of rows.entries()) {
      const found = await difference(store.db, row, answers[i] ?? { state: "unknown" });
      compared++;
      if (found && differences.length < MAX_DIFFERENCES) differences.push(found);
      if (row.state !== "settled" || found) continue;
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
  if (batch.length > 0) await compare(batch);
  return { compared, settled: { payments, amount: msat(amount) }, differences };
}

async function difference(db: Db, row: Row, answer: PaymentStanding): Promise<Difference | undefined> {
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

function judge(row: Row, answer: PaymentStanding): Pick<Difference, "what" | "wrong"> | undefined {
  switch (row.state) {
    case "settled":
      if (answer.state !== "settled")
        return { wrong: true, what: "the ledger has it settled, the node does not" };
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
