import { TransportError } from "../../apdu/transport.js";
import { equalBytes } from "../../common/bytes.js";
import type { ChequecardError } from "../../common/errors.js";
import { SENTENCES } from "../../common/languages/spoken.js";
import { pause } from "../../common/pause.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { Asking } from "./asking.js";
import { type ChargeRequest, CLAIM_MS, type SaleDisplay, type TerminalParts } from "./parts.js";
import { type CancelReason, isFinal, type Sale } from "./sale.js";
import { makeInvoice } from "./sale-invoice.js";
import { isRefusal, noticeOf } from "./sentences.js";
import { Taking } from "./taking.js";

const DEFAULT_EXPIRY_SECONDS = 600;
/** Longer timers fire at once in Node.js. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A merchant's terminal over its own node (specs/08 §4). A sale is paid when the merchant's own invoice is
 * settled, and by nothing else. Every step is durable before the next: a terminal that was killed goes on with
 * {@link finish}.
 */
export class Terminal {
  readonly #parts: TerminalParts;
  /** Numbers of sales that could not be kept as accepted: nobody is asked for them any more. */
  readonly #notAccepted = new Set<number>();
  readonly #asking: Asking;
  readonly #taking: Taking;

  constructor(parts: TerminalParts) {
    this.#parts = parts;
    const ends = {
      now: () => this.#now(),
      settledBefore: (sale: Sale) => this.#settledBefore(sale),
      cancel: this.cancel.bind(this),
      notAccepted: (number: number) => void this.#notAccepted.add(number),
    };
    this.#asking = new Asking(parts, ends);
    this.#taking = new Taking(parts, ends, this.#asking);
  }

  /**
   * One sale from the invoice to paid or cancelled. Ends only with a final sale.
   * @param signal the merchant gives up: the sale is cancelled at the node, unless the money was there first
   * @throws NodeError, SaleError, InitiationError; the sale is then unfinished in the store
   */
  async charge(request: ChargeRequest, display: SaleDisplay = {}, signal?: AbortSignal): Promise<Sale> {
    const started = this.#now();
    const createdAt = Math.floor(started / 1000);
    const { amount, description, fiat, cart, expirySeconds = DEFAULT_EXPIRY_SECONDS } = request;
    const invoice = await makeInvoice(this.#parts, { amount, description }, expirySeconds);
    const expiresAt = createdAt + expirySeconds;
    const draft = { amount, description, fiat, cart, ...invoice, createdAt, expiresAt };
    const sale = this.#parts.store.create(draft, request.requestKey);
    display.onStep?.("invoice", this.#now() - started);
    return this.finish(sale, display, signal);
  }

  /**
   * Goes on with an unfinished sale, wherever it was left: cancels what was being cancelled, asks again with a
   * token that was taken, else waits for a tap.
   */
  finish(unfinished: Sale, display: SaleDisplay = {}, signal?: AbortSignal): Promise<Sale> {
    return this.#finish(unfinished, { display, signal, withCards: true });
  }

  /**
   * Ends a sale that an earlier run left, beside other sales: no card is taken for it. Where a payer may be paying, it is
   * asked again. What nobody was asked for is cancelled: a sale that could not be kept as accepted looks the same
   * (specs/09 §4.6).
   * @throws NodeError, SaleError; the sale is then as it was
   */
  settle(left: Sale, display: SaleDisplay = {}, signal?: AbortSignal): Promise<Sale> {
    const { number, state, token, invoiceOf, initiation } = this.#parts.store.get(left.number);
    const isAsked = initiation.phase !== "idle" || !this.#parts.offline;
    if (state === "open" && (!token || invoiceOf === "deputy" || !isAsked)) return this.cancel(number);
    return this.#finish(left, { display, signal, withCards: false });
  }

  async #finish(
    unfinished: Sale,
    {
      display,
      signal,
      withCards,
    }: {
      readonly display: SaleDisplay;
      readonly signal: AbortSignal | undefined;
      readonly withCards: boolean;
    },
  ): Promise<Sale> {
    const sale = this.#parts.store.get(unfinished.number);
    if (isFinal(sale) || sale.state === "accepted") return sale;
    if (sale.state === "cancelling") return this.#cancelAtNode(sale);
    if (this.#notAccepted.has(sale.number)) return this.cancel(sale.number);
    const end = new AbortController();
    const stop = () => end.abort();
    signal?.addEventListener("abort", stop);
    if (signal?.aborted || this.#now() >= sale.expiresAt * 1000) stop();
    const unsubscribe = this.#parts.node.onInvoiceSettled(({ paymentHash }) => {
      // The invoice of a sale that goes on offline is another one than it began with.
      if (equalBytes(paymentHash, this.#parts.store.get(sale.number).paymentHash)) stop();
    });
    const expiry = setTimeout(stop, Math.min(sale.expiresAt * 1000 - this.#now(), MAX_TIMER_MS));
    try {
      await this.#untilDecided(sale, display, end.signal, withCards);
    } finally {
      clearTimeout(expiry);
      unsubscribe();
      signal?.removeEventListener("abort", stop);
    }
    const left = this.#parts.store.get(sale.number);
    if (isFinal(left) || left.state === "accepted") return left;
    if (await this.#settledBefore(left)) return this.#parts.store.get(sale.number);
    const expired = this.#now() >= sale.expiresAt * 1000;
    return this.cancel(sale.number, expired ? "expired" : "merchant");
  }

  /**
   * Makes a sale unpayable and final: `cancelled`, or `paid` when the money was there first.
   * @throws SaleError `wrong-state` when it is final; NodeError: it stays `cancelling` and is finished later
   */
  async cancel(number: number, reason: CancelReason = "merchant", reasonCode?: number): Promise<Sale> {
    const sale = this.#parts.store.get(number);
    return this.#cancelAtNode(
      sale.state === "cancelling" ? sale : this.#parts.store.cancelling(number, reason, reasonCode),
    );
  }

  /** Returns when the sale is final, or when `signal` aborts. */
  async #untilDecided(
    sale: Sale,
    display: SaleDisplay,
    signal: AbortSignal,
    withCards: boolean,
  ): Promise<void> {
    if (await this.#settledBefore(sale)) return;
    if (signal.aborted) return;
    display.onOpen?.(sale);
    if (this.#parts.store.wasBoltCardAsked(sale.number)) display.onNotice?.(SENTENCES.boltCard.askedBefore);
    try {
      if (await this.#asking.ask(sale, display, signal)) return;
    } catch (error) {
      this.#refused(error, display, signal);
    }
    while (withCards && !signal.aborted) {
      try {
        const taken = await this.#taking.tapAndAsk(sale, display, signal);
        if (taken === "done") return;
        // A Bolt Card that lies there still is not read a second time.
        if (taken === "asked") await this.#waitForAnotherCard(signal);
      } catch (error) {
        await this.#waitForAnotherCard(signal, this.#refused(error, display, signal));
      }
    }
  }

  /** Says why not, when another card may still pay. @throws `error` when not */
  #refused(error: unknown, display: SaleDisplay, signal: AbortSignal): ChequecardError {
    if (!isRefusal(error)) throw error;
    if (!signal.aborted) display.onNotice?.(noticeOf(error), "refused");
    return error;
  }

  async #settledBefore(sale: Sale): Promise<boolean> {
    // The node learns of a deputy's invoice when it is forwarded.
    if (sale.invoiceOf === "deputy") return false;
    const found = await this.#parts.node.lookupInvoice(sale.paymentHash);
    if (found.state !== "settled") return false;
    this.#parts.store.paid(sale.number, found.received, found.settledAt);
    return true;
  }

  async #cancelAtNode(sale: Sale): Promise<Sale> {
    const { sender, store } = this.#parts;
    // Nobody but this terminal has its token, and it forwards none that it has not accepted.
    if (sale.invoiceOf === "deputy") return store.cancelled(sale.number);
    const answer = await sender.cancel(sale.paymentHash).catch((error) => this.#claimed(sale, error));
    if (answer === undefined) return store.get(sale.number);
    if (answer.outcome === "paid")
      return store.paid(sale.number, answer.settled.received, answer.settled.settledAt);
    return store.cancelled(sale.number);
  }

  /**
   * An invoice that cannot be cancelled because its payment is just arriving becomes paid.
   * @throws `error` when it is another one, or the payment stays on its way
   */
  async #claimed(sale: Sale, error: unknown): Promise<undefined> {
    if (!(error instanceof NodeError) || error.code !== "already-settled") throw error;
    const settled = new AbortController();
    const unsubscribe = this.#parts.node.onInvoiceSettled(({ paymentHash }) => {
      if (equalBytes(paymentHash, sale.paymentHash)) settled.abort();
    });
    try {
      if (await this.#settledBefore(sale)) return;
      await pause(CLAIM_MS, settled.signal);
      if (!(await this.#settledBefore(sale))) throw error;
    } finally {
      unsubscribe();
    }
  }

  /** After a refusal the same card stays silent on the reader until it is taken away. */
  async #waitForAnotherCard(signal: AbortSignal, error?: ChequecardError): Promise<void> {
    if (error instanceof TransportError && error.code !== "torn" && error.code !== "no-card")
      return pause(this.#parts.retryPauseMs ?? 2_000, signal);
    try {
      await this.#parts.reader.waitForRemoval(signal);
    } catch (gone) {
      if (!(gone instanceof TransportError)) throw gone;
      await pause(this.#parts.retryPauseMs ?? 2_000, signal);
    }
  }

  #now(): number {
    return this.#parts.now?.() ?? Date.now();
  }
}
