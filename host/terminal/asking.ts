import { ChequecardError } from "../../common/errors.js";
import { SENTENCES } from "../../common/languages/spoken.js";
import { pause } from "../../common/pause.js";
import type { PaymentAnswer } from "../../lightning/api/outcome.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import type { CardSession } from "../card-session.js";
import type { OfflineAdmission } from "./offline-desk.js";
import type { SaleDisplay, SaleEnds, TerminalParts } from "./parts.js";
import { type Sale, SaleError } from "./sale.js";
import { isAway, notAccepted } from "./sale-invoice.js";
import { lostAfterAsking, notConfirmed } from "./sentences.js";

/** Has a sale paid for the token of a card: its payer is asked, or the sale is accepted offline. */
export class Asking {
  readonly #parts: TerminalParts;
  readonly #ends: SaleEnds;

  constructor(parts: TerminalParts, ends: SaleEnds) {
    this.#parts = parts;
    this.#ends = ends;
  }

  /**
   * Asks the payer until there is an answer. A payer that was asked and is silent, or whose connection is lost, is
   * asked again with the same token, which never pays twice. Without a token no payer is asked.
   * @param card the card that still lies on the reader: it gets a pending update
   * @returns true when the sale is final
   */
  async ask(
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
    const started = this.#ends.now();
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
      if (final) display.onStep?.("payment", this.#ends.now() - started);
      if (answer.outcome === "paid" && answer.left !== undefined) display.onLeft?.(answer.left);
      if (answer.cardUpdate && card) await this.#deliver(card, answer.cardUpdate, display);
      if (final || (await this.#ends.settledBefore(sale))) return true;
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
    await this.#ends.cancel(sale.number, "rejected", answer.reason);
    return true;
  }

  async #deliver(card: CardSession, sealedUpdate: Uint8Array, display: SaleDisplay): Promise<void> {
    const started = this.#ends.now();
    try {
      await card.update(sealedUpdate);
      display.onStep?.("update", this.#ends.now() - started);
    } catch (error) {
      // The issuer repeats it until the card's next token acknowledges it.
      if (!(error instanceof ChequecardError)) throw error;
    }
  }

  /** @returns true: the sale is accepted, durably @throws OfflineRefusal; SaleError: it is not */
  async accept(sale: Sale, admission: OfflineAdmission): Promise<boolean> {
    const { node, offline } = this.#parts;
    const { token, nodeUri } = sale;
    if (!token || nodeUri === undefined) throw new RangeError("a sale is accepted for a token");
    try {
      return offline?.accept(sale, token, parseNodeUri(nodeUri), admission).state === "accepted";
    } catch (error) {
      if (!(error instanceof SaleError)) throw error;
      this.#ends.notAccepted(sale.number);
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
      if (await this.#ends.settledBefore(sale)) return true;
    } catch (error) {
      if (!isAway(error)) throw error;
      offline?.outages.setOwnNode(true);
    }
    if (sale.nodeUri !== undefined) offline?.outages.setPayer(parseNodeUri(sale.nodeUri), true);
    display.onNotice?.(SENTENCES.offline.wentOffline);
    return await this.accept(sale, admission);
  }
}
