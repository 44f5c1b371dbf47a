import type { Reader } from "../../apdu/reader.js";
import { TransportError } from "../../apdu/transport.js";
import { equalBytes } from "../../common/bytes.js";
import { ChequecardError, ParseError } from "../../common/errors.js";
import { SENTENCES } from "../../common/languages/spoken.js";
import type { Msat } from "../../common/msat.js";
import { pause } from "../../common/pause.js";
import type { PaymentAnswer } from "../../lightning/api/outcome.js";
import type { PaymentSender } from "../../lightning/api/sender.js";
import { invoiceHash } from "../../lightning/bolt11/canonical.js";
import { formatNodeUri, parseNodeUri } from "../../lightning/node-uri.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { acceptMessage } from "../../lightning/odt/acceptance.js";
import type { OdtMessage } from "../../lightning/odt/message.js";
import type { CardSession } from "../card-session.js";
import { type TapRequest, tap } from "../tap.js";
import type { TraceLine } from "../trace.js";
import type { SoldCart } from "./cart.js";
import type { OfflineAdmission, OfflineDesk } from "./offline-desk.js";
import { type CancelReason, isFinal, type Sale, SaleError } from "./sale.js";
import { isAway, makeInvoice, notAccepted, offlineInvoice } from "./sale-invoice.js";
import type { SaleStore } from "./sale-store.js";
import { isRefusal, lostAfterAsking, notConfirmed, noticeOf } from "./sentences.js";

/** What happens during a sale, for a screen. Every sentence comes ready to show. */
export interface SaleDisplay {
  /** The invoice exists and is durable: show its QR code, ask for the card. */
  onOpen?(sale: Sale): void;
  /** A card answered: it is being read. */
  onCard?(): void;
  /**
   * The card, the reader or the payer said no, or not yet; the sale goes on.
   * @param why torn: the card was taken away too early; refused: another card may pay
   */
  onNotice?(sentence: string, why?: "torn" | "refused"): void;
  /** A step was done, with its duration in milliseconds. */
  onStep?(step: SaleStep, milliseconds: number): void;
  /** The sale is paid, and this is left for the card, says its issuer: for the receipt. */
  onLeft?(left: Msat): void;
  /** @param signal aborts when the sale ends without it @returns undefined to give up the PIN */
  askPin?(
    retry: { readonly triesLeft: number } | undefined,
    signal?: AbortSignal,
  ): Promise<string | undefined>;
  trace?(line: TraceLine): void;
}

/** Steps of a sale in order. `update`: a pending update was given to the card in the same tap. */
export type SaleStep = "invoice" | "tap" | "payment" | "update";

export interface ChargeRequest {
  readonly amount: Msat;
  readonly description: string;
  readonly fiat?: string | undefined;
  /** For the receipt. */
  readonly cart?: SoldCart | undefined;
  /** Default 600. */
  readonly expirySeconds?: number | undefined;
  /** Of a client's request; a sale was not yet created under it. */
  readonly requestKey?: string | undefined;
}

export interface TerminalParts {
  readonly node: LightningNode;
  /** Opened with `store` as its log. */
  readonly sender: PaymentSender;
  readonly store: SaleStore;
  readonly reader: Reader;
  /** Unix milliseconds; default the system's clock. */
  readonly now?: () => number;
  /** Pause before a payer that could not be reached, or did not answer, is asked again. Default 2,000. */
  readonly retryPauseMs?: number;
  /** Accepts cards while there is no connection; absent: none is accepted. */
  readonly offline?: OfflineDesk;
  /** How long a sale waits for a payer before a card that may be accepted offline is, in milliseconds. Default 8,000. */
  readonly offlineAfterMs?: number;
}

const DEFAULT_EXPIRY_SECONDS = 600;
/** Longer timers fire at once in Node.js. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** The node is taking the money in: that it arrived is known at once, or after its next connection. */
const CLAIM_MS = 10_000;

const requestOf = ({ amount, invoice }: Sale): TapRequest => ({ amount, invoiceHash: invoiceHash(invoice) });

/**
 * A merchant's terminal over its own node (specs/08 §4). A sale is paid when the merchant's own invoice is
 * settled, and by nothing else. Every step is durable before the next: a terminal that was killed goes on with
 * {@link finish}.
 */
export class Terminal {
  readonly #parts: TerminalParts;
  /** Numbers of sales that could not be kept as accepted: nobody is asked for them any more. */
  readonly #notAccepted = new Set<number>();

  constructor(parts: TerminalParts) {
    this.#parts = parts;
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
    try {
      if (await this.#ask(sale, display, signal)) return;
    } catch (error) {
      this.#refused(error, display, signal);
    }
    while (withCards && !signal.aborted) {
      try {
        if (await this.#tapAndAsk(sale, display, signal)) return;
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

  /** One tap and what follows from it. @returns true when the sale is final */
  #tapAndAsk(sale: Sale, display: SaleDisplay, signal: AbortSignal): Promise<boolean> {
    const { reader, sender, store, offline } = this.#parts;
    let admission: OfflineAdmission | undefined;
    let isOffline = false;
    return tap(
      reader,
      requestOf(sale),
      async (card, token) => {
        display.onStep?.("tap", card.elapsedMs());
        const authorized = store.authorized(sale.number, token, card.selected.nodeUri ?? "");
        if (isOffline && admission) return await this.#accept(authorized, admission);
        return this.#ask(authorized, display, signal, card, admission);
      },
      {
        signal,
        trace: display.trace?.bind(display),
        // A node that cannot be reached is not looked up either.
        judge: async (uri) => (offline?.outages.towards(uri.nodeId) ? undefined : sender.judge(uri)),
        admit:
          offline &&
          (async (card, uri) => {
            const away = offline.outages.towards(uri.nodeId);
            const admitted = await offline.admit(card, sale.amount);
            // A deputy's invoice can only be accepted: its node learns of it when it is forwarded.
            isOffline = away !== undefined || store.get(sale.number).invoiceOf === "deputy";
            admission = "pack" in admitted ? admitted : undefined;
            if (!isOffline) return undefined;
            if (!("pack" in admitted)) throw admitted;
            return requestOf(await offlineInvoice(this.#parts, store.get(sale.number), this.#now()));
          }),
        askPin: display.askPin?.bind(display),
        onCard: () => display.onCard?.(),
        onTorn: () => display.onNotice?.(SENTENCES.sale.torn, "torn"),
        // A phone has no certificate, and what it pays to a deputy is not seen here.
        ...(sale.invoiceOf === "deputy"
          ? {}
          : {
              phone: {
                invoice: sale.invoice,
                use: (message: OdtMessage | undefined) => this.#takeFromPhone(sale, message, display, signal),
              },
            }),
      },
    );
  }

  /** @returns true: the sale is accepted, durably @throws OfflineRefusal; SaleError: it is not */
  async #accept(sale: Sale, admission: OfflineAdmission): Promise<boolean> {
    const { node, offline } = this.#parts;
    const { token, nodeUri } = sale;
    if (!token || nodeUri === undefined) throw new RangeError("a sale is accepted for a token");
    try {
      return offline?.accept(sale, token, parseNodeUri(nodeUri), admission).state === "accepted";
    } catch (error) {
      if (!(error instanceof SaleError)) throw error;
      this.#notAccepted.add(sale.number);
      throw await notAccepted(node, sale, error);
    }
  }

  /**
   * A sale whose payer is lost goes on offline with the same token, unless the money is there (specs/09 §4.4).
   * @returns true when the sale is paid or accepted
   */
  async #goOffline(sale: Sale, admission: OfflineAdmission, display: SaleDisplay): Promise<boolean> {
    const { offline } = this.#parts;
    try {
      if (await this.#settledBefore(sale)) return true;
    } catch (error) {
      if (!isAway(error)) throw error;
      offline?.outages.setOwnNode(true);
    }
    if (sale.nodeUri !== undefined) offline?.outages.setPayer(parseNodeUri(sale.nodeUri), true);
    display.onNotice?.(SENTENCES.offline.wentOffline);
    return await this.#accept(sale, admission);
  }

  /**
   * A phone hands over a token, with which the payer is asked as with a card's, or the proof that it has paid: only
   * the own invoice says whether the money is there (specs/06 §6).
   * @returns true when the sale is final
   * @throws ParseError for a message that is not for this sale
   */
  async #takeFromPhone(
    sale: Sale,
    message: OdtMessage | undefined,
    display: SaleDisplay,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (signal.aborted) return false;
    if (!message) {
      display.onNotice?.(SENTENCES.sale.phoneSilent);
      return false;
    }
    const open = [
      { ...sale, awaits: "token" },
      { ...sale, awaits: "preimage" },
    ] as const;
    const given = acceptMessage(message, open, Math.floor(this.#now() / 1000));
    if (!given.accepted) throw new ParseError("phone/message", `not for this sale (${given.reason})`);
    if (given.kind === "token") {
      const authorized = this.#parts.store.authorized(sale.number, given.token, formatNodeUri(given.uri));
      return this.#ask(authorized, display, signal);
    }
    display.onNotice?.(SENTENCES.sale.phonePaid);
    await pause(CLAIM_MS, signal);
    return this.#settledBefore(sale);
  }

  /**
   * Asks the payer until there is an answer. A payer that was asked and is silent, or whose connection is lost, is
   * asked again with the same token, which never pays twice. Without a token no payer is asked.
   * @param card the card that still lies on the reader: it gets a pending update
   * @returns true when the sale is final
   */
  async #ask(
    sale: Sale,
    display: SaleDisplay,
    merchant: AbortSignal,
    card?: CardSession,
    admission?: OfflineAdmission,
  ): Promise<boolean> {
    const { token, nodeUri } = sale;
    if (!token || nodeUri === undefined || sale.invoiceOf === "deputy") return false;
    const lost = new AbortController();
    const signal = admission ? AbortSignal.any([merchant, lost.signal]) : merchant;
    const patience = admission && setTimeout(() => lost.abort(), this.#parts.offlineAfterMs ?? 8_000);
    try {
      if (await this.#askUntilLost(sale, token, nodeUri, { display, signal, card, lost: admission && lost }))
        return true;
    } finally {
      clearTimeout(patience);
    }
    return admission && lost.signal.aborted && !merchant.aborted
      ? await this.#goOffline(sale, admission, display)
      : false;
  }

  /** @param lost given where the sale can go on offline: aborted when the payer cannot be reached */
  async #askUntilLost(
    sale: Sale,
    token: Uint8Array,
    nodeUri: string,
    asking: {
      readonly display: SaleDisplay;
      readonly signal: AbortSignal;
      readonly card: CardSession | undefined;
      readonly lost: AbortController | undefined;
    },
  ): Promise<boolean> {
    const { display, signal, card, lost } = asking;
    const { invoice, paymentHash } = sale;
    const uri = parseNodeUri(nodeUri);
    const started = this.#now();
    let told = false;
    const tell = (sentence: string): void => {
      if (!told && !signal.aborted) display.onNotice?.(sentence);
      told = true;
    };
    const onUnreachable = (cause: ChequecardError): void => {
      if (lost) lost.abort();
      else tell(lostAfterAsking(cause));
    };
    while (!signal.aborted) {
      const answer = await this.#parts.sender.ask({
        uri,
        token,
        invoice,
        paymentHash,
        signal,
        onUnreachable,
      });
      // A URI that must not be dialed will not be dialed later either: another card has to be taken.
      if (answer.outcome === "not-sent" && !(answer.cause instanceof NodeError)) throw answer.cause;
      const final = await this.#settle(sale, answer);
      if (final) display.onStep?.("payment", this.#now() - started);
      if (answer.outcome === "paid" && answer.left !== undefined) display.onLeft?.(answer.left);
      if (answer.cardUpdate && card) await this.#deliver(card, answer.cardUpdate, display);
      if (final || (await this.#settledBefore(sale))) return true;
      if (lost && answer.outcome === "not-sent") lost.abort();
      tell(notConfirmed(answer));
      await pause(this.#parts.retryPauseMs ?? 2_000, signal);
    }
    return false;
  }

  async #settle(sale: Sale, answer: PaymentAnswer): Promise<boolean> {
    const { store } = this.#parts;
    if (answer.outcome === "paid") {
      store.paid(sale.number, answer.settled.received, answer.settled.settledAt);
      return true;
    }
    if (answer.outcome === "cancelled") return true;
    if (answer.outcome !== "rejected") return false;
    // The card has given this invoice's counter away: a new try needs a new invoice (specs/03 §2).
    await this.cancel(sale.number, "rejected", answer.reason);
    return true;
  }

  async #deliver(card: CardSession, sealedUpdate: Uint8Array, display: SaleDisplay): Promise<void> {
    const started = this.#now();
    try {
      await card.update(sealedUpdate);
      display.onStep?.("update", this.#now() - started);
    } catch (error) {
      // The issuer repeats it until the card's next token acknowledges it.
      if (!(error instanceof ChequecardError)) throw error;
    }
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
  async #waitForAnotherCard(signal: AbortSignal, error: ChequecardError): Promise<void> {
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
