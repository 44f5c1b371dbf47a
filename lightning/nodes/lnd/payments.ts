import { setTimeout as sleep } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, equalBytes, hexToBytes } from "../../../common/bytes.js";
import { formatMsat, MAX_MSAT, type Msat, msat } from "../../../common/msat.js";
import type { Invoice } from "../../bolt11/index.js";
import type { Network } from "../../network.js";
import { NodeError } from "../errors.js";
import { readRequest } from "../payment-request.js";
import type { PaymentLookup, PaymentRequest, PaymentState, SentPayment, SentPaymentsPage } from "../port.js";
import type { LndPayment } from "./calls.js";
import type { LndConnection, LndLog, OpenStream } from "./connection.js";
import { failureOf, isAnswer } from "./errors.js";
import type { LostPayments } from "./lost-payment.js";
import type { PaymentRecord } from "./payment-record.js";
import { bakeLine, callsOf } from "./permissions.js";

const DEFAULT_TIMEOUT_MS = 30_000;
/** Seconds for which lnd makes new attempts; HTLCs that are out then are waited for all the same. */
const ATTEMPT_SECONDS = 60;
const MAX_PARTS = 16;
/** Milliseconds that a payment without a way waits for channels that are being reestablished. */
const CHANNELS_READY_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** Blocks that lnd adds to what the payee wants. */
const LND_PADDING = 3;
const PAGE = 500;

export interface LndPaymentsParts {
  readonly connection: LndConnection;
  readonly record: PaymentRecord;
  readonly lost: LostPayments;
  readonly network: Network;
  /** 33 bytes. */
  readonly nodeId: Uint8Array;
  /** No payment above it is made. */
  readonly maxPayment: Msat | undefined;
  /** Milliseconds since a peer came, went, or lnd was connected to: its channels may not be usable yet. */
  readonly quietMs: () => number;
  readonly log: LndLog;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** How a payment stream ended: with a final state, an error, or neither in time. */
interface Outcome {
  readonly payment?: LndPayment;
  readonly error?: NodeError;
}

/** What lnd pays, each payment hash at most once: lnd keeps that promise while it remembers the payment, we beyond. */
export class LndPayments {
  readonly #o: LndPaymentsParts;

  constructor(parts: LndPaymentsParts) {
    this.#o = parts;
  }

  /** As {@link LightningNode.pay}. */
  async pay(request: PaymentRequest): Promise<PaymentState> {
    const { connection, record, network } = this.#o;
    connection.expectOpen();
    const { invoice, amount } = readRequest(request, network);
    if (!connection.allows("routerrpc.Router/SendPaymentV2"))
      throw new NodeError(
        "bad-request",
        `the macaroon ${connection.place.macaroon} does not allow payments`,
        {
          hint: `Bake one that does, on lnd's machine: ${bakeLine(callsOf(["merchant", "refunds"]), "chequecard.macaroon")}`,
        },
      );
    const end = performance.now() + (request.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const made = record.get(invoice.paymentHash);
    if (made) return made;
    const reason = this.#refusal(invoice, amount, request);
    if (reason !== undefined) {
      // Somebody may have paid it in time.
      const known = await this.lookup(invoice.paymentHash);
      if (known.state === "settled") return known;
      return known.state === "unknown" ? this.#join(invoice.paymentHash, end) : { state: "failed", reason };
    }
    const patience = Math.min(end, performance.now() + CHANNELS_READY_MS);
    for (let pause = 2 * FIRST_PAUSE_MS; ; pause *= 2) {
      const paid = await this.#send(invoice, amount, request, end);
      const isStarved = paid.state === "failed" && /^(insufficient balance|no route)$/.test(paid.reason);
      if (!isStarved || performance.now() + pause >= patience || !(await this.#mayComeBack())) return paid;
      await sleep(pause);
    }
  }

  /** As {@link LightningNode.lookupPayment}. */
  async lookup(paymentHash: Uint8Array): Promise<PaymentLookup> {
    const { connection, record } = this.#o;
    connection.expectOpen();
    const made = record.get(paymentHash);
    if (made) return made;
    const { payment, error } = await this.#track(paymentHash, false, performance.now() + DEFAULT_TIMEOUT_MS);
    if (payment) return this.#stateOf(payment, paymentHash);
    if (isNotFound(error)) return { state: "not-found" };
    throw error ?? new NodeError("timeout", "lnd did not answer about a payment in time");
  }

  /** As {@link LightningNode.listPayments}. */
  async list(since: number, page = "0"): Promise<SentPaymentsPage> {
    if (!/^\d{1,18}$/.test(page))
      throw new NodeError("bad-request", "page: need the name of a next page, as an earlier page gave it");
    const { payments, last_index_offset } = await this.#o.connection.call("lnrpc.Lightning/ListPayments", {
      include_incomplete: true,
      index_offset: page,
      max_payments: String(PAGE),
      creation_date_start: String(Math.max(0, Math.floor(since))),
    });
    return {
      payments: payments.flatMap((payment) => this.#listed(payment, since)),
      next: payments.length < PAGE ? undefined : last_index_offset,
    };
  }

  /** Notes all settled payments that began at or after a time, Unix seconds. @throws NodeError */
  async lookThrough(since: number): Promise<void> {
    for (let page: string | undefined = "0"; page !== undefined; ) page = (await this.list(since, page)).next;
  }

  /** Notes how a payment ended, of whichever program on this lnd. */
  note(payment: LndPayment): void {
    if (payment.status === "SUCCEEDED") this.#finalState(payment, hexToBytes(payment.payment_hash));
  }

  /** Why nothing may be sent, where lnd would refuse without a record, in words that depend on its version. */
  #refusal(invoice: Invoice, amount: Msat, { maxCltv }: PaymentRequest): string | undefined {
    const { now, nodeId, maxPayment } = this.#o;
    if (now() / 1000 >= invoice.expiresAt) return "the invoice has expired";
    if (equalBytes(invoice.payee, nodeId)) return "the invoice is this node's own";
    if (maxPayment !== undefined && amount > maxPayment)
      return `${formatMsat(amount)} is more than the limit of one payment, ${formatMsat(maxPayment)} (maxPayment)`;
    if (maxCltv !== undefined && maxCltv <= invoice.minFinalCltv + LND_PADDING)
      return "the payee wants more blocks than are allowed";
    return undefined;
  }

  async #send(invoice: Invoice, amount: Msat, request: PaymentRequest, end: number): Promise<PaymentState> {
    const { paymentHash } = invoice;
    const sent = await this.#last(end, (reader) =>
      this.#o.connection.stream(
        "routerrpc.Router/SendPaymentV2",
        {
          payment_request: invoice.text,
          ...(invoice.amount === undefined ? { amt_msat: amount.toString() } : {}),
          timeout_seconds: ATTEMPT_SECONDS,
          fee_limit_msat: request.maxFee.toString(),
          ...(request.maxCltv === undefined ? {} : { cltv_limit: request.maxCltv }),
          max_parts: MAX_PARTS,
          no_inflight_updates: true,
        },
        reader,
      ),
    );
    if (sent.payment) {
      this.#compare(sent.payment, amount, request.maxFee);
      return this.#finalState(sent.payment, paymentHash);
    }
    const failure = failureOf(sent.error);
    // Any other answer of lnd's own without a payment on record is a refusal. A lost connection says nothing: the
    // request may still be on its way.
    const isRefusal = failure && isAnswer(failure) && failure.code !== status.ALREADY_EXISTS;
    return this.#join(paymentHash, end, isRefusal ? sent.error : undefined);
  }

  /**
   * Waits for a payment that was begun before, through lost connections and restarts of lnd.
   * @param refusal lnd's answer to ours: it writes a payment down before it answers, so that none will come
   */
  async #join(paymentHash: Uint8Array, end: number, refusal?: NodeError): Promise<PaymentState> {
    const { connection } = this.#o;
    for (let pause = FIRST_PAUSE_MS; !connection.isClosed && performance.now() < end; ) {
      const { payment, error } = await this.#track(paymentHash, false, end);
      if (payment) {
        const state = await this.#stateOf(payment, paymentHash);
        if (state.state !== "unknown") return state;
        const last = await this.#track(paymentHash, true, end);
        if (last.payment) return this.#finalState(last.payment, paymentHash);
      } else if (refusal && isNotFound(error)) {
        if (refusal.code === "permission") throw refusal;
        return { state: "failed", reason: failureOf(refusal)?.details ?? refusal.message };
      }
      if (connection.isClosed) break;
      await sleep(Math.max(0, Math.min(pause, end - performance.now())));
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
    return { state: "unknown" };
  }

  /** True while it is worth trying again without a way: a channel is down, or things have just changed. */
  async #mayComeBack(): Promise<boolean> {
    if (this.#o.quietMs() < CHANNELS_READY_MS) return true;
    const { channels } = await this.#o.connection.call("lnrpc.Lightning/ListChannels", {});
    return channels.some(({ active, local_balance }) => !active && BigInt(local_balance) > 0n);
  }

  /** What lnd says of a payment: first at once, or when it is final. */
  #track(paymentHash: Uint8Array, onlyFinal: boolean, end: number): Promise<Outcome> {
    const request = { payment_hash: paymentHash, no_inflight_updates: onlyFinal };
    return this.#last(
      end,
      (reader) => this.#o.connection.stream("routerrpc.Router/TrackPaymentV2", request, reader),
      !onlyFinal,
    );
  }

  /** The last word of a payment stream, or its first. Leaving it does not stop the payment. */
  #last(
    end: number,
    open: (reader: { data(payment: LndPayment): void; end(error?: NodeError): void }) => OpenStream,
    first = false,
  ): Promise<Outcome> {
    return new Promise((resolve) => {
      let stream: OpenStream | undefined;
      const leave = () => {
        stream?.cancel();
        resolve({});
      };
      const timer = setTimeout(leave, Math.max(0, end - performance.now()));
      const over = (error?: NodeError) => {
        clearTimeout(timer);
        resolve(error ? { error } : {});
      };
      try {
        stream = open({
          data: (payment) => {
            const isLast = payment.status === "SUCCEEDED" || payment.status === "FAILED";
            if (!isLast && !first) return;
            resolve({ payment });
            // lnd ends the stream after its last word. A server may take many that are cancelled for an attack.
            if (isLast) return;
            clearTimeout(timer);
            stream?.cancel();
          },
          end: over,
        });
      } catch (error) {
        // Closed since it was asked.
        over(error instanceof NodeError ? error : undefined);
      }
    });
  }

  /** How a payment stands, with what lnd itself cannot end. @throws NodeError */
  async #stateOf(payment: LndPayment, paymentHash: Uint8Array): Promise<PaymentState> {
    if (payment.status !== "IN_FLIGHT") return this.#finalState(payment, paymentHash);
    if (!(await this.#o.lost.isLost(payment))) return { state: "unknown" };
    // Between the first word and the last look it may have ended.
    const again = await this.#track(paymentHash, false, performance.now() + DEFAULT_TIMEOUT_MS);
    if (again.payment?.status !== "IN_FLIGHT")
      return again.payment ? this.#finalState(again.payment, paymentHash) : { state: "unknown" };
    const hash = bytesToHex(paymentHash);
    this.#o.log("warn", `lnd has the payment ${hash} in flight, but no HTLC of it exists: it has failed`);
    return { state: "failed", reason: "lnd stopped before it sent the payment, and cannot send it any more" };
  }

  /** `unknown` where lnd's word is not final, or makes no sense. */
  #finalState(payment: LndPayment, paymentHash: Uint8Array): PaymentState {
    const { log, record } = this.#o;
    const hash = bytesToHex(paymentHash);
    if (payment.payment_hash !== hash) {
      log("error", `lnd was asked about the payment ${hash}, and answers with ${payment.payment_hash}`);
      return { state: "unknown" };
    }
    if (payment.status === "FAILED") {
      // lnd calls a payment failed when every attempt has, and never before.
      if (payment.htlcs.every(({ status }) => status === "FAILED"))
        return { state: "failed", reason: reasonOf(payment) };
      log("error", `lnd says that ${hash} has failed, with an attempt that has not: it counts as not known`);
      return { state: "unknown" };
    }
    if (payment.status !== "SUCCEEDED") return { state: "unknown" };
    const preimage = preimageOf(payment);
    const fee = amountOf(payment.fee_msat);
    if (!preimage || !equalBytes(sha256(preimage), paymentHash) || fee === undefined) {
      const what = fee === undefined ? "a fee that is none" : "a preimage that proves nothing";
      log("error", `lnd says that ${hash} is paid, with ${what}: it counts as not known`);
      return { state: "unknown" };
    }
    record.add(paymentHash, preimage, fee);
    return { state: "settled", preimage, fee };
  }

  /** The money is gone whatever it was; people must hear of what was not asked for. */
  #compare(payment: LndPayment, amount: Msat, maxFee: Msat): void {
    if (payment.status !== "SUCCEEDED") return;
    const paid = amountOf(payment.value_msat);
    const fee = amountOf(payment.fee_msat) ?? 0n;
    const { log } = this.#o;
    if (paid !== amount)
      log("error", `lnd has paid ${payment.value_msat} msat for ${payment.payment_hash}, not ${amount}`);
    if (fee > maxFee)
      log(
        "error",
        `lnd has paid a fee of ${fee} msat for ${payment.payment_hash}, above the limit ${maxFee}`,
      );
  }

  #listed(payment: LndPayment, since: number): SentPayment[] {
    const startedAt = Number(BigInt(payment.creation_time_ns) / 1_000_000_000n);
    const amount = amountOf(payment.value_msat);
    if (startedAt < since || amount === undefined || !/^[0-9a-f]{64}$/.test(payment.payment_hash)) return [];
    const paymentHash = hexToBytes(payment.payment_hash);
    return [{ paymentHash, amount, startedAt, state: this.#finalState(payment, paymentHash) }];
  }
}

const isNotFound = (error: NodeError | undefined): boolean => {
  const failure = failureOf(error);
  return failure !== undefined && failure.code === status.NOT_FOUND && isAnswer(failure);
};

/** An amount that lnd names; undefined for one that there is not. */
function amountOf(text: string): Msat | undefined {
  if (!/^\d{1,19}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value <= MAX_MSAT ? msat(value) : undefined;
}

const preimageOf = ({ payment_preimage }: LndPayment): Uint8Array | undefined =>
  /^[0-9a-f]{64}$/.test(payment_preimage) ? hexToBytes(payment_preimage) : undefined;

/** `FAILURE_REASON_NO_ROUTE` as `no route`. */
const reasonOf = ({ failure_reason }: LndPayment): string =>
  failure_reason.replace("FAILURE_REASON_", "").toLowerCase().replaceAll("_", " ");
