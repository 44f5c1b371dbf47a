import type { Selectable } from "kysely";
import { equalBytes } from "../../common/bytes.js";
import { ValueError } from "../../common/errors.js";
import { type Msat, msat } from "../../common/msat.js";
import { REFUND_REASON } from "../../lightning/api/refund-reasons.js";
import type { RefundRequest } from "../../lightning/api/refund-request.js";
import { changedMeanwhile } from "../store/errors.js";
import type { RefundsTable } from "../store/schema.js";
import type { Store, Tx } from "../store/types.js";
import { blob } from "../store/values.js";
import { type AccountRow, accountOf, lockAccounts, saveAccount } from "./accounts.js";
import { queueUpdate } from "./limits.js";
import { bookOperation } from "./operations.js";
import { provesPayment } from "./resolve.js";

/** Refunds of one sale, whatever became of them: so many invoices at most does one sale make. */
const MAX_REFUNDS_OF_SALE = 32;
/** Refunds of all sales whose invoice may still be paid. */
const MAX_OPEN = 1_000;

type RefundRow = Selectable<RefundsTable>;

/** A request of a peer, and who the peer is: its node id, 33 bytes. */
export type AskedRefund = RefundRequest & { readonly peer: Uint8Array };

/** What a request comes to. `refunded`: what was credited for the sale so far. */
export type RefundDecision =
  | { readonly kind: "refused"; readonly reason: number; readonly refunded: Msat }
  /** The same refund was asked for before, and this is its invoice. */
  | { readonly kind: "known"; readonly invoice: string; readonly refunded: Msat }
  | { readonly kind: "allowed"; readonly sale: PaidSale; readonly refunded: Msat };

/** The authorization that paid a sale. */
interface PaidSale {
  readonly card: bigint;
  readonly counter: bigint;
  readonly amount: bigint;
}

/**
 * Decides about a request, without writing anything. Every answer to somebody who is not the payee is the same.
 * @param now Unix milliseconds
 * @throws StoreError
 */
export async function decideRefund(tx: Tx, asked: AskedRefund, now: number): Promise<RefundDecision> {
  const found = await tx
    .selectFrom("authorizations")
    .select(["card", "counter", "amount", "payee", "state"])
    .where("payment_hash", "=", blob(asked.paymentHash))
    .where("live", "=", 1n)
    .executeTakeFirst();
  const isPayee =
    provesPayment(asked.paymentHash, asked.preimage) && found && equalBytes(found.payee, asked.peer);
  const refuse = (reason: number, refunded: bigint): RefundDecision => ({
    kind: "refused",
    reason,
    refunded: msat(refunded),
  });
  if (!isPayee) return refuse(REFUND_REASON.UNKNOWN_SALE, 0n);
  if (found.state !== "settled") return refuse(REFUND_REASON.SALE_IN_FLIGHT, 0n);
  const refunds = await tx
    .selectFrom("refunds")
    .selectAll()
    .where("payment_hash", "=", blob(asked.paymentHash))
    .execute();
  const refunded = sumOf(refunds, "settled");
  const same = refunds.find(({ refund_id }) => equalBytes(refund_id, asked.refundId));
  if (same && same.amount !== asked.amount) return refuse(REFUND_REASON.REFUND_DIFFERS, refunded);
  const known = (invoice: string): RefundDecision => ({ kind: "known", invoice, refunded: msat(refunded) });
  if (same?.state === "settled") return known(same.invoice);
  const refusal = await refusalOfCard(tx, found.card);
  if (refusal !== undefined) return refuse(refusal, refunded);
  if (same)
    return same.state === "open" && same.expires_at > BigInt(now)
      ? known(same.invoice)
      : refuse(REFUND_REASON.REFUND_OVER, refunded);
  if (refunded + asked.amount > found.amount) return refuse(REFUND_REASON.ABOVE_SALE, refunded);
  if (refunded + sumOf(refunds, "open") + asked.amount > found.amount)
    return refuse(REFUND_REASON.REFUNDS_OPEN, refunded);
  if (refunds.length >= MAX_REFUNDS_OF_SALE) return refuse(REFUND_REASON.TOO_MANY_REFUNDS, refunded);
  if ((await countOpen(tx)) >= MAX_OPEN) return refuse(REFUND_REASON.BUSY, refunded);
  const { card, counter, amount } = found;
  return { kind: "allowed", sale: { card, counter, amount }, refunded: msat(refunded) };
}

const sumOf = (refunds: readonly RefundRow[], state: RefundRow["state"]): bigint =>
  refunds.filter((refund) => refund.state === state).reduce((sum, { amount }) => sum + amount, 0n);

async function countOpen(tx: Tx): Promise<number> {
  const { open } = await tx
    .selectFrom("refunds")
    .select((eb) => eb.fn.countAll<bigint>().as("open"))
    .where("state", "=", "open")
    .executeTakeFirstOrThrow();
  return Number.parseInt(open.toString(), 10);
}

/** The card that has the balance of `card` now: itself, or the one that replaced it, and so on. */
async function holderOf(tx: Tx, card: bigint): Promise<bigint> {
  for (let holder = card; ; ) {
    const next = await tx
      .selectFrom("cards")
      .select("card")
      .where("replaces", "=", holder)
      .executeTakeFirst();
    if (!next) return holder;
    holder = next.card;
  }
}

/** Why nothing more is credited to a card or the one that has its balance; undefined: it is. */
async function refusalOfCard(tx: Tx, card: bigint): Promise<number | undefined> {
  const holder = await holderOf(tx, card);
  const { state } = await tx
    .selectFrom("accounts")
    .select("state")
    .where("card", "=", holder)
    .executeTakeFirstOrThrow();
  if (state === "retired") return REFUND_REASON.CARD_RETIRED;
  if (state !== "blocked") return undefined;
  const last = await tx
    .selectFrom("operations")
    .select("kind")
    .where("card", "=", holder)
    .where("kind", "in", ["fund", "move-in", "cash-out"])
    .orderBy("operation", "desc")
    .limit(1)
    .executeTakeFirst();
  return last?.kind === "cash-out" ? REFUND_REASON.CARD_CASHED_OUT : undefined;
}

/** An invoice that the issuer's node made for a refund. */
export interface RefundInvoice {
  readonly invoice: string;
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** Unix milliseconds. */
  readonly expiresAt: number;
  /** The node that made it, 33 bytes. */
  readonly node: Uint8Array;
}

/**
 * Keeps an invoice for a refund, if what {@link decideRefund} said still holds; durable before anybody is given it. All
 * invoices of a sale that may still be paid are together never above what is left of it.
 * @returns what to answer; `allowed`: the invoice was kept
 * @throws StoreError
 */
export async function openRefund(
  store: Store,
  asked: AskedRefund,
  { card }: PaidSale,
  made: RefundInvoice,
  now: number,
): Promise<RefundDecision> {
  return await store.write(async (tx) => {
    // Requests for one sale come one after the other.
    await lockAccounts(store, tx, [card]);
    const decision = await decideRefund(tx, asked, now);
    if (decision.kind !== "allowed") return decision;
    await tx
      .insertInto("refunds")
      .values({
        refund_hash: blob(made.paymentHash),
        payment_hash: blob(asked.paymentHash),
        refund_id: blob(asked.refundId),
        card: decision.sale.card,
        counter: decision.sale.counter,
        amount: asked.amount,
        invoice: made.invoice,
        node: blob(made.node),
        expires_at: BigInt(made.expiresAt),
        created_at: BigInt(now),
        state: "open",
        preimage: null,
        received: null,
        credited: null,
        operation: null,
        resolved_at: null,
      })
      .execute();
    return decision;
  });
}

/** Proves that the invoice of a refund was paid. */
export interface PaidRefund {
  /** Of the issuer's own invoice, 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** 32 bytes. */
  readonly preimage: Uint8Array;
  readonly received: Msat;
}

/** A credit that was booked now. */
export interface CreditedRefund {
  readonly card: bigint;
  readonly amount: Msat;
  /** True where the card takes no more payments: its money is to be paid out by a person. */
  readonly isOutOfUse: boolean;
}

/**
 * Credits a refund whose invoice is settled to the card that paid, or to the one that has its balance now, and queues
 * the update that raises its credit: once, however often it is called.
 * @returns undefined when it was credited before, or the invoice is none of a refund
 * @throws StoreError; ValueError when the preimage proves nothing or less than the amount was received
 */
export async function creditRefund(
  store: Store,
  { paymentHash, preimage, received }: PaidRefund,
  now: number,
): Promise<CreditedRefund | undefined> {
  return await store.write(async (tx) => {
    const refund = await tx
      .selectFrom("refunds")
      .selectAll()
      .where("refund_hash", "=", blob(paymentHash))
      .executeTakeFirst();
    if (!refund || refund.state === "settled") return undefined;
    if (!provesPayment(paymentHash, preimage)) throw new ValueError("preimage", "not of this invoice");
    if (received < refund.amount)
      throw new ValueError("received", `need ${refund.amount} msat, have ${received}`);
    const holder = await holderOf(tx, refund.card);
    const account: AccountRow = accountOf(await lockAccounts(store, tx, [holder]), holder);
    // Replaced between the look-up and the lock.
    if ((await holderOf(tx, holder)) !== holder) throw changedMeanwhile();
    const at = BigInt(now);
    const { numUpdatedRows } = await tx
      .updateTable("refunds")
      .set({
        state: "settled",
        preimage: blob(preimage),
        received,
        credited: holder,
        operation: account.operation + 1n,
        resolved_at: at,
      })
      .where("refund_hash", "=", blob(paymentHash))
      .where("state", "<>", "settled")
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return undefined;
    const amount = msat(refund.amount);
    const note = `sale ${refund.payment_hash.toString("hex")}`;
    await bookOperation(store, tx, account, "refund", amount, note, at);
    await queueUpdate(store, tx, account, "refund", at);
    await saveAccount(tx, account);
    const isOutOfUse = (await refusalOfCard(tx, holder)) !== undefined;
    return { card: holder, amount, isOutOfUse };
  });
}

/** A refund whose invoice may still be paid, and whether its card is out of use. */
export interface OpenRefund {
  /** Of the issuer's own invoice, 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** Unix milliseconds. */
  readonly expiresAt: bigint;
  readonly isRefused: boolean;
}

/** Refunds of a node that are open. @param node its id, 33 bytes @throws StoreError */
export async function openRefunds(store: Store, node: Uint8Array): Promise<OpenRefund[]> {
  return await store.read(async (tx) => {
    const rows = await tx
      .selectFrom("refunds")
      .select(["refund_hash", "expires_at", "card"])
      .where("state", "=", "open")
      .where("node", "=", blob(node))
      .orderBy("created_at")
      .limit(2 * MAX_OPEN)
      .execute();
    const open: OpenRefund[] = [];
    for (const { refund_hash, expires_at, card } of rows) {
      const isRefused = (await refusalOfCard(tx, card)) !== undefined;
      open.push({ paymentHash: Uint8Array.from(refund_hash), expiresAt: expires_at, isRefused });
    }
    return open;
  });
}

/** Gives up a refund whose invoice certainly cannot be paid any more. @throws StoreError */
export async function closeRefund(store: Store, paymentHash: Uint8Array, now: number): Promise<void> {
  await store.write(async (tx) => {
    await tx
      .updateTable("refunds")
      .set({ state: "closed", resolved_at: BigInt(now) })
      .where("refund_hash", "=", blob(paymentHash))
      .where("state", "=", "open")
      .execute();
  });
}
