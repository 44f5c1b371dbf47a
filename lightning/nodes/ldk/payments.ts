import * as ldk from "lightningdevkit";
import { bytesToHex, equalBytes, type Msat, msat, ParseError } from "../../../common/index.js";
import { decodeInvoice, type Invoice, invoiceProblem } from "../../bolt11/index.js";
import { NodeError } from "../errors.js";
import type { PaymentLookup, PaymentRequest, PaymentState } from "../port.js";
import type { Channels } from "./channels.js";
import type { Engine } from "./engine.js";
import type { PaymentRows } from "./payment-rows.js";
import type { Pump } from "./pump.js";
import { bytesOf, optionU64, u64Of, unwrap } from "./result.js";

const DEFAULT_TIMEOUT_MS = 30_000;
/** How long a payment waits for channels that are being reestablished before it looks for a route. */
const CHANNELS_READY_MS = 5000;
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
    const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const deadline = performance.now() + timeoutMs;
    const invoice = readInvoice(request.invoice);
    const amount = amountOf(invoice, request.amount);
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
    if (!channels.ready()) await pump.until(() => channels.ready(), Math.min(timeoutMs, CHANNELS_READY_MS));
    this.#send(invoice, amount, request);
  }

  /** Stages the payment, in our table and in LDK: both become durable together, before its first message. */
  #send(invoice: Invoice, amount: Msat, request: PaymentRequest): void {
    const { engine, rows, now } = this.#o;
    const parsed = ldk.Bolt11Invoice.constructor_from_str(invoice.text);
    if (!(parsed instanceof ldk.Result_Bolt11InvoiceParseOrSemanticErrorZ_OK)) {
      this.#refuse(invoice, amount, "the invoice asks for something that this node cannot do");
      return;
    }
    const parameters = unwrap(
      invoice.amount === undefined
        ? ldk.UtilMethods.constructor_payment_parameters_from_variable_amount_invoice(parsed.res, amount)
        : ldk.UtilMethods.constructor_payment_parameters_from_invoice(parsed.res),
      ldk.Result_C3Tuple_ThirtyTwoBytesRecipientOnionFieldsRouteParametersZNoneZ_OK,
      "reading the invoice",
    );
    const route = parameters.get_c();
    route.set_max_total_routing_fee_msat(optionU64(request.maxFee));
    if (request.maxCltv !== undefined) {
      const payee = route.get_payment_params();
      payee.set_max_total_cltv_expiry_delta(request.maxCltv);
      route.set_payment_params(payee);
    }
    rows.start(invoice.paymentHash, invoice.text, amount, Math.floor(now() / 1000));
    const sent = engine.manager.send_payment(
      invoice.paymentHash,
      parameters.get_b(),
      invoice.paymentHash,
      route,
      ldk.Retry.constructor_attempts(ATTEMPTS),
    );
    if (sent instanceof ldk.Result_NoneRetryableSendFailureZ_Err) {
      // A payment that LDK knows already is under way: what becomes of it will come as an event.
      if (sent.err !== ldk.RetryableSendFailure.LDKRetryableSendFailure_DuplicatePayment)
        rows.fail(invoice.paymentHash, sendFailure(sent.err));
    }
  }

  #refuse(invoice: Invoice, amount: Msat, reason: string): void {
    const { rows, now } = this.#o;
    rows.start(invoice.paymentHash, invoice.text, amount, Math.floor(now() / 1000));
    rows.fail(invoice.paymentHash, reason);
  }
}

function readInvoice(text: string): Invoice {
  let invoice: Invoice;
  try {
    invoice = decodeInvoice(text);
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw new NodeError("bad-invoice", cause.message, { cause });
  }
  if (invoice.network !== "bcrt")
    throw new NodeError(
      "network",
      `the invoice is for the network ${invoice.network}, this node is on regtest`,
    );
  return invoice;
}

function amountOf(invoice: Invoice, chosen: Msat | undefined): Msat {
  if (invoice.amount !== undefined) {
    if (chosen === undefined) return invoice.amount;
    throw new NodeError("bad-request", "the invoice has an amount; none may be chosen");
  }
  if (chosen !== undefined && chosen > 0n) return chosen;
  throw new NodeError("bad-request", "the invoice has no amount; one must be chosen");
}

function sendFailure(failure: ldk.RetryableSendFailure): string {
  switch (failure) {
    case ldk.RetryableSendFailure.LDKRetryableSendFailure_PaymentExpired:
      return "the invoice has expired";
    case ldk.RetryableSendFailure.LDKRetryableSendFailure_RouteNotFound:
      return "no route to the payee with enough capacity within the limits for fee and expiry";
    default:
      return "the payment does not fit an onion";
  }
}

function failureReason(option: ldk.Option_PaymentFailureReasonZ): string {
  const reason = option instanceof ldk.Option_PaymentFailureReasonZ_Some ? option.some : undefined;
  switch (reason) {
    case ldk.PaymentFailureReason.LDKPaymentFailureReason_RecipientRejected:
      return "the payee refused the payment";
    case ldk.PaymentFailureReason.LDKPaymentFailureReason_RetriesExhausted:
      return "every route that was tried failed";
    case ldk.PaymentFailureReason.LDKPaymentFailureReason_PaymentExpired:
      return "the invoice has expired";
    case ldk.PaymentFailureReason.LDKPaymentFailureReason_RouteNotFound:
      return "no route to the payee with enough capacity within the limits for fee and expiry";
    default:
      return "the payment could not be made";
  }
}
