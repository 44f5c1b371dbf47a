import * as ldk from "lightningdevkit";
import { bytesToHex, equalBytes, type Msat, msat } from "../../../common/index.js";
import { type Invoice, invoiceProblem } from "../../bolt11/index.js";
import { readRequest } from "../payment-request.js";
import type { PaymentLookup, PaymentRequest, PaymentState, SentPaymentsPage } from "../port.js";
import type { Channels } from "./channels.js";
import type { Engine } from "./engine.js";
import { failureReason, NO_ROUTE, sendFailure } from "./payment-failures.js";
import { planPayment } from "./payment-plan.js";
import type { PaymentRows } from "./payment-rows.js";
import type { Pump } from "./pump.js";
import { bytesOf, u64Of } from "./result.js";

const DEFAULT_TIMEOUT_MS = 30_000;
/** How long a payment without a route waits for channels that are being reestablished. */
const CHANNELS_READY_MS = 10_000;
const ATTEMPTS = 3;

export interface PaymentsOptions {
  readonly engine: Engine;
  readonly rows: PaymentRows;
  readonly pump: Pump;
  readonly channels: Channels;
  /** Node ids, 33 bytes, that are this node: itself and its deputy. */
  readonly ownIds: readonly Uint8Array[];
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** What this node pays, each payment hash at most once. */
export class Payments {
  readonly #o: PaymentsOptions;
  /** Payments that are about to be sent, so that a second call joins them. */
  readonly #starting = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, Set<(state: PaymentState) => void>>();

  constructor(options: PaymentsOptions) {
    this.#o = options;
  }

  /** @throws NodeError `bad-invoice`, `network`, `bad-request` */
  async pay(request: PaymentRequest): Promise<PaymentState> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = request;
    const deadline = performance.now() + timeoutMs;
    const { invoice, amount } = readRequest(request, "bcrt");
    const { rows, pump } = this.#o;
    const key = bytesToHex(invoice.paymentHash);
    const known = rows.get(invoice.paymentHash);
    if (!known || known.state === "failed") {
      let starting = this.#starting.get(key);
      if (!starting) {
        starting = this.#start(invoice, amount, request, timeoutMs);
        this.#starting.set(key, starting);
        const started = () => this.#starting.delete(key);
        starting.then(started, started);
      }
      await starting;
    }
    await pump.settled();
    const state = rows.get(invoice.paymentHash) ?? { state: "unknown" };
    if (state.state !== "unknown") return state;
    return this.#final(key, deadline - performance.now());
  }

  lookup(paymentHash: Uint8Array): PaymentLookup {
    return this.#o.rows.get(paymentHash) ?? { state: "not-found" };
  }

  list(since: number, page: string | undefined): SentPaymentsPage {
    return this.#o.rows.list(since, page);
  }

  onSent(event: ldk.Event_PaymentSent): void {
    const { rows, pump } = this.#o;
    const { payment_hash: hash, payment_preimage: preimage } = event;
    // LDK knows the fee of every payment that this version of it has sent.
    const fee = msat(u64Of(event.fee_paid_msat) ?? 0n, "fee");
    rows.settle(hash, preimage, fee);
    pump.afterCommit(() => this.#tell(bytesToHex(hash), { state: "settled", preimage, fee }));
  }

  onFailed(event: ldk.Event_PaymentFailed): void {
    const hash = bytesOf(event.payment_hash);
    if (!hash) return;
    const reason = failureReason(event.reason);
    this.#o.rows.fail(hash, reason);
    this.#o.pump.afterCommit(() => this.#tell(bytesToHex(hash), { state: "failed", reason }));
  }

  /** Answers everybody who waits: the node stops, and the payments go on when it starts again. */
  stop(): void {
    for (const key of [...this.#waiting.keys()]) this.#tell(key, { state: "unknown" });
  }

  #tell(key: string, state: PaymentState): void {
    for (const resolve of this.#waiting.get(key) ?? []) resolve(state);
    this.#waiting.delete(key);
  }

  #final(key: string, timeoutMs: number): Promise<PaymentState> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiting);
      const answer = (state: PaymentState) => {
        clearTimeout(timer);
        resolve(state);
      };
      const timer = setTimeout(
        () => {
          waiting.delete(answer);
          resolve({ state: "unknown" });
        },
        Math.max(0, timeoutMs),
      );
      waiting.add(answer);
    });
  }

  async #start(invoice: Invoice, amount: Msat, request: PaymentRequest, timeoutMs: number): Promise<void> {
    const { ownIds, pump, channels, now } = this.#o;
    const problem = invoiceProblem(invoice, {
      network: "bcrt",
      now: Math.floor(now() / 1000),
      allowAmountless: true,
    });
    if (problem) return this.#refuse(invoice, amount, `the invoice is ${problem.message}`);
    if (ownIds.some((id) => equalBytes(id, invoice.payee)))
      return this.#refuse(invoice, amount, "the invoice is this node's own");
    let failure = this.#send(invoice, amount, request);
    if (failure === NO_ROUTE && !channels.ready()) {
      await pump.until(() => channels.ready(), Math.min(timeoutMs, CHANNELS_READY_MS));
      failure = this.#send(invoice, amount, request);
    }
    if (failure !== undefined) this.#refuse(invoice, amount, failure);
  }

  /**
   * Stages the payment, in our table and in LDK: both become durable together, before its first message.
   * @returns why nothing was sent, if so
   */
  #send(invoice: Invoice, amount: Msat, request: PaymentRequest): string | undefined {
    const { engine, rows, now } = this.#o;
    const plan = planPayment(invoice, amount, request);
    if (!plan) return "the invoice asks for something that this node cannot do";
    const sent = engine.manager.send_payment(
      invoice.paymentHash,
      plan.onion,
      invoice.paymentHash,
      plan.route,
      ldk.Retry.constructor_attempts(ATTEMPTS),
    );
    // A payment that LDK knows already is in flight: what becomes of it will come as an event.
    const duplicate = ldk.RetryableSendFailure.LDKRetryableSendFailure_DuplicatePayment;
    if (sent instanceof ldk.Result_NoneRetryableSendFailureZ_Err && sent.err !== duplicate)
      return sendFailure(sent.err);
    rows.start(invoice.paymentHash, invoice.text, amount, Math.floor(now() / 1000));
    return undefined;
  }

  #refuse(invoice: Invoice, amount: Msat, reason: string): void {
    const { rows, now } = this.#o;
    rows.start(invoice.paymentHash, invoice.text, amount, Math.floor(now() / 1000));
    rows.fail(invoice.paymentHash, reason);
  }
}
