import { status } from "@grpc/grpc-js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, equalBytes } from "../../../common/bytes.js";
import { MAX_MSAT, type Msat, msat } from "../../../common/msat.js";
import { decodeInvoice, type Invoice } from "../../bolt11/index.js";
import { NodeError } from "../errors.js";
import type { CreatedInvoice, InvoiceState, LightningNode, SettledInvoice } from "../port.js";
import type { LndInvoice } from "./calls.js";
import type { LndConnection, LndLog } from "./connection.js";
import { failureOf, isAnswer } from "./errors.js";
import { Listeners, Subscription } from "./streams.js";

const MAX_DESCRIPTION = 639;
/** Invoices that are looked through after a lost stream, while none was seen to settle. */
const LOOK_BACK = 100;

/** Invoices of this lnd. */
export class LndInvoices {
  readonly settled = new Listeners<SettledInvoice>();
  readonly #connection: LndConnection;
  readonly #now: () => number;
  readonly #log: LndLog;
  /** Of the last settled invoice that was heard of: lnd tells all that came after it when a stream is opened again. */
  #settleIndex = 0n;
  #subscription: Subscription<"lnrpc.Lightning/SubscribeInvoices"> | undefined;
  /** Unix seconds. */
  readonly #since: number;

  /** @param now Unix milliseconds */
  constructor(connection: LndConnection, now: () => number, log: LndLog) {
    this.#connection = connection;
    this.#now = now;
    this.#log = log;
    this.#since = Math.floor(now() / 1000);
  }

  /** Tells of invoices that settle from now on. */
  subscribe(): void {
    let openings = 0;
    this.#subscription = new Subscription(
      this.#connection,
      "lnrpc.Lightning/SubscribeInvoices",
      () => ({ settle_index: this.#settleIndex.toString() }),
      (invoice) => this.#onInvoice(invoice),
      () => {
        openings++;
        // With index 0 lnd tells of new ones only.
        if (openings > 1 && this.#settleIndex === 0n) void this.#lookBack();
      },
    );
  }

  end(): void {
    this.#subscription?.end();
  }

  /** As {@link LightningNode.createInvoice}. */
  async create(request: Parameters<LightningNode["createInvoice"]>[0]): Promise<CreatedInvoice> {
    const { amount, description, expirySeconds } = request;
    this.#connection.expectOpen();
    // lnd takes an expiry of 0 as "a day", and an amount of 0 as "the payer chooses".
    if (!Number.isInteger(expirySeconds) || expirySeconds < 1)
      throw new NodeError(
        "bad-request",
        `expirySeconds: need an integer of at least 1, have ${expirySeconds}`,
      );
    if (Buffer.byteLength(description) > MAX_DESCRIPTION)
      throw new NodeError("bad-request", `description: need at most ${MAX_DESCRIPTION} bytes`);
    if (amount !== undefined && amount < 1n)
      throw new NodeError("bad-request", "amount: need at least 1 msat");
    const { r_hash, payment_request } = await this.#connection
      .call("lnrpc.Lightning/AddInvoice", {
        memo: description,
        value_msat: (amount ?? 0n).toString(),
        expiry: String(expirySeconds),
        // Route hints, where channels are not announced.
        private: true,
      })
      .catch((error: unknown) => {
        const failure = failureOf(error);
        if (error instanceof NodeError && error.code === "internal" && failure?.code === status.UNKNOWN)
          throw new NodeError("bad-request", `lnd makes no such invoice: ${failure.details}`, {
            cause: error,
          });
        throw error;
      });
    const made = readMade(payment_request);
    if (made.amount !== amount || !equalBytes(made.paymentHash, r_hash))
      throw new NodeError(
        "internal",
        `lnd made an invoice of ${made.amount ?? 0n} msat with the payment hash ${bytesToHex(made.paymentHash)}, and was asked for ${amount ?? 0n} msat and says ${bytesToHex(r_hash)}`,
      );
    return { invoice: payment_request, paymentHash: new Uint8Array(r_hash), expiresAt: made.expiresAt };
  }

  /** As {@link LightningNode.cancelInvoice}. */
  async cancel(paymentHash: Uint8Array): Promise<void> {
    try {
      await this.#connection.call("invoicesrpc.Invoices/CancelInvoice", { payment_hash: paymentHash });
    } catch (error) {
      if (/already settled/.test(failureOf(error)?.details ?? ""))
        throw new NodeError("already-settled", "the invoice was paid", { cause: error });
      if (isUnknownInvoice(error))
        throw new NodeError("not-found", "lnd has no such invoice", { cause: error });
      throw error;
    }
  }

  /** As {@link LightningNode.lookupInvoice}. */
  async lookup(paymentHash: Uint8Array): Promise<InvoiceState> {
    let invoice: LndInvoice;
    try {
      const request = { payment_hash: paymentHash };
      invoice = await this.#connection.call("invoicesrpc.Invoices/LookupInvoiceV2", request);
    } catch (error) {
      if (isUnknownInvoice(error)) return { state: "not-found" };
      throw error;
    }
    if (!equalBytes(invoice.r_hash, paymentHash))
      throw new NodeError("internal", "lnd was asked for an invoice, and answers with another one");
    if (invoice.state === "SETTLED") {
      const { preimage, received, settledAt } = settledOf(invoice);
      return { state: "settled", preimage, received, settledAt };
    }
    // lnd cancels what has expired some time later, and does not say which of the two it was.
    const isExpired = this.#now() / 1000 >= Number(invoice.creation_date) + Number(invoice.expiry);
    if (invoice.state === "CANCELED") return { state: isExpired ? "expired" : "cancelled" };
    return { state: isExpired && invoice.state === "OPEN" ? "expired" : "open" };
  }

  #onInvoice(invoice: LndInvoice): void {
    const index = BigInt(invoice.settle_index);
    if (invoice.state !== "SETTLED" || index <= this.#settleIndex) return;
    this.#settleIndex = index;
    // One in AMP, which other programs on this lnd may make, has none of its own.
    if (invoice.r_preimage.length === 0) return;
    try {
      this.settled.tell(settledOf(invoice));
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      this.#log("error", `${error.message}: it counts as not known`);
    }
  }

  async #lookBack(): Promise<void> {
    const request = { num_max_invoices: String(LOOK_BACK), reversed: true };
    const answer = await this.#connection
      .call("lnrpc.Lightning/ListInvoices", request)
      .catch(() => undefined);
    const missed = (answer?.invoices ?? [])
      .filter(({ state, settle_date }) => state === "SETTLED" && Number(settle_date) >= this.#since)
      .sort((one, other) => (BigInt(one.settle_index) < BigInt(other.settle_index) ? -1 : 1));
    for (const invoice of missed) this.#onInvoice(invoice);
  }
}

const isUnknownInvoice = (error: unknown): boolean => {
  const failure = failureOf(error);
  if (!failure || !isAnswer(failure)) return false;
  return (
    failure.code === status.NOT_FOUND || /unable to locate invoice|no existing invoices/.test(failure.details)
  );
};

/** @throws NodeError `internal` where what lnd says cannot be */
function settledOf(invoice: LndInvoice): SettledInvoice {
  const paymentHash = new Uint8Array(invoice.r_hash);
  const preimage = new Uint8Array(invoice.r_preimage);
  const received = receivedOf(invoice.amt_paid_msat);
  const hash = bytesToHex(paymentHash);
  if (!equalBytes(sha256(preimage), paymentHash))
    throw new NodeError(
      "internal",
      `lnd says that the invoice ${hash} is settled, with a preimage that proves nothing`,
    );
  if (received < BigInt(invoice.value_msat))
    throw new NodeError(
      "internal",
      `lnd says that the invoice ${hash} is settled, with ${received} of ${invoice.value_msat} msat`,
    );
  return { paymentHash, preimage, received, settledAt: Number(invoice.settle_date) };
}

function readMade(text: string): Invoice {
  try {
    return decodeInvoice(text);
  } catch (cause) {
    throw new NodeError("internal", "lnd made an invoice that cannot be read", { cause });
  }
}

function receivedOf(text: string): Msat {
  const value = BigInt(text);
  if (value >= 0n && value <= MAX_MSAT) return msat(value);
  throw new NodeError("internal", `lnd says that ${text} msat were received`);
}
