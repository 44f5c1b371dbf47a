import type { Selectable } from "kysely";
import { type Msat, msat } from "../../common/index.js";
import { readMark } from "../ledger/payments-mark.js";
import { unmatchedState, withoutAnyAuthorization } from "../ledger/unmatched.js";
import type { AuthorizationState, AuthorizationsTable, UnmatchedState } from "../store/schema.js";
import type { Db, Store } from "../store/types.js";
import { nodeKey } from "../store/values.js";
import { eachAuthorization } from "./authorizations.js";

/** What the node says of a payment. */
export type PaymentStanding =
  | { readonly state: "settled"; readonly fee: Msat }
  | { readonly state: "failed" | "unknown" | "not-found" };

/** Asks the node about payments by their hashes, 32 bytes each, at most 100 at a time. */
export type LookUpPayments = (paymentHashes: readonly Uint8Array[]) => Promise<readonly PaymentStanding[]>;

/** A payment that the node began. */
export interface ListedPayment {
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  readonly amount: Msat;
  /** Unix seconds by the node's clock. */
  readonly startedAt: number;
  readonly state: "settled" | "failed" | "unknown";
  /** Where it is settled. */
  readonly fee?: Msat | undefined;
}

/** What is asked of the node. */
export interface NodeBooks {
  /** 33 bytes. */
  readonly nodeId: Uint8Array;
  readonly lookUp: LookUpPayments;
  /** Pages of the payments that the node began at or after a time, Unix seconds. */
  list(query: { readonly since: number; readonly page?: string | undefined }): Promise<{
    readonly payments: readonly ListedPayment[];
    readonly next: string | undefined;
  }>;
}

/** A payment that the node made, of whose payment hash the ledger has no authorization at all. */
export interface UnknownPayment {
  readonly paymentHash: Buffer;
  readonly amount: Msat;
  readonly fee: Msat;
  /** Unix milliseconds by the node's clock. */
  readonly sentAt: number;
  /** What the account of unmatched payments has of it; undefined: the service has not found it yet. */
  readonly booked: UnmatchedState | undefined;
  /** False: the operator has written it off. */
  readonly wrong: boolean;
}

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
  /** False: it will go away by itself, since the payment is in flight or not booked yet. */
  readonly wrong: boolean;
}

/** Every authorization of a node held against its own word, and every payment of the node against the ledger. */
export interface NodeComparison {
  readonly compared: number;
  /** Authorizations of other nodes, about which this one knows nothing. */
  readonly ofOtherNodes: number;
  /** Settled in both. */
  readonly settled: { readonly payments: number; readonly amount: bigint };
  readonly differences: readonly Difference[];
  /** Payments of the node that were held against the ledger. */
  readonly listed: number;
  readonly unknown: readonly UnknownPayment[];
}

/** Differences that are kept; more say nothing new. */
const MAX_DIFFERENCES = 1000;
/** Questions to the node at a time. */
const TOGETHER = 100;

type Row = Selectable<AuthorizationsTable>;

/**
 * Asks a node about the payment of every authorization that is its own: settled ones must be settled there with the same fee, void
 * ones must not be paid. What is reserved is listed with what the node says about it. (That the preimages are right is
 * the ledger's own proof.) Then the other way round: every payment that the node has made since the ledger began must
 * be of an authorization.
 * @param now Unix milliseconds
 * @throws StoreError; what the node throws
 */
export async function compareWithNode(store: Store, node: NodeBooks, now: number): Promise<NodeComparison> {
  const own = nodeKey(node.nodeId);
  let compared = 0;
  let ofOtherNodes = 0;
  let payments = 0;
  let amount = 0n;
  const differences: Difference[] = [];
  const compare = async (rows: readonly Row[]): Promise<void> => {
    const answers = await node.lookUp(rows.map((row) => row.payment_hash));
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
    if (row.node !== own) {
      ofOtherNodes++;
      continue;
    }
    batch.push(row);
    if (batch.length < TOGETHER) continue;
    await compare(batch);
    batch = [];
  }
  if (batch.length > 0) await compare(batch);
  return {
    compared,
    ofOtherNodes,
    settled: { payments, amount },
    differences,
    ...(await unknownToLedger(store, node, now)),
  };
}

async function unknownToLedger(
  store: Store,
  node: NodeBooks,
  now: number,
): Promise<Pick<NodeComparison, "listed" | "unknown">> {
  const { db, many } = store;
  const own = nodeKey(node.nodeId);
  const since = Math.floor((await readMark(store, own, now)).since / 1000);
  const unknown: UnknownPayment[] = [];
  let listed = 0;
  for (let page: string | undefined, isLast = false; !isLast; isLast = page === undefined) {
    const answer = await node.list({ since, page });
    page = answer.next;
    listed += answer.payments.length;
    const paid = answer.payments
      .filter(({ state }) => state === "settled")
      .map((payment) => ({ ...payment, node: own }));
    for (const { payment, booked } of await withoutAnyAuthorization(many, db, paid))
      if (unknown.length < MAX_DIFFERENCES)
        unknown.push({
          paymentHash: Buffer.from(payment.paymentHash),
          amount: payment.amount,
          fee: payment.fee ?? msat(0n),
          sentAt: payment.startedAt * 1000,
          booked,
          wrong: booked !== "written-off",
        });
  }
  return { listed, unknown };
}

async function difference(db: Db, row: Row, answer: PaymentStanding): Promise<Difference | undefined> {
  const found = judge(row, answer);
  if (!found) return undefined;
  // Another token may have paid this very invoice.
  if (row.state === "void" && (await isPaidByAnother(db, row))) return undefined;
  const isBorne =
    row.state === "void" &&
    (await unmatchedState(db, { paymentHash: row.payment_hash, node: row.node })) === "written-off";
  return {
    card: row.card,
    counter: row.counter,
    paymentHash: row.payment_hash,
    amount: msat(row.amount),
    ledger: row.state,
    node: answer.state,
    ...found,
    ...(isBorne
      ? { wrong: false, what: "the node paid it, the ledger released the money; written off" }
      : {}),
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
        ? { wrong: true, what: "the node paid it, the ledger released the money" }
        : undefined;
    case "reserved":
      return {
        wrong: false,
        what:
          answer.state === "settled"
            ? "paid, and booked by the next round of the service"
            : answer.state === "failed"
              ? "not paid, and released by the service as soon as that is certain"
              : "in flight",
      };
  }
}

async function isPaidByAnother(db: Db, row: Row): Promise<boolean> {
  const live = await db
    .selectFrom("authorizations")
    .select("counter")
    .where("payment_hash", "=", row.payment_hash)
    .where("live", "=", 1n)
    .where("node", "=", row.node)
    .executeTakeFirst();
  return live !== undefined;
}
