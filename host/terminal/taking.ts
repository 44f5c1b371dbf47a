import { ParseError } from "../../common/errors.js";
import { SENTENCES } from "../../common/languages/spoken.js";
import { pause } from "../../common/pause.js";
import { invoiceHash } from "../../lightning/bolt11/canonical.js";
import { formatNodeUri } from "../../lightning/node-uri.js";
import { acceptMessage } from "../../lightning/odt/acceptance.js";
import type { OdtMessage } from "../../lightning/odt/message.js";
import { type TapRequest, tap } from "../tap.js";
import type { Asking } from "./asking.js";
import { askBoltCard } from "./bolt-card-sale.js";
import type { OfflineAdmission } from "./offline-desk.js";
import { CLAIM_MS, type SaleDisplay, type SaleEnds, type TerminalParts } from "./parts.js";
import type { Sale } from "./sale.js";
import { offlineInvoice } from "./sale-invoice.js";

const requestOf = ({ amount, invoice }: Sale): TapRequest => ({ amount, invoiceHash: invoiceHash(invoice) });

/** Takes what is laid on the reader for a sale: a chequecard, a phone or a Bolt Card. */
export class Taking {
  readonly #parts: TerminalParts;
  readonly #ends: SaleEnds;
  readonly #asking: Asking;

  constructor(parts: TerminalParts, ends: SaleEnds, asking: Asking) {
    this.#parts = parts;
    this.#ends = ends;
    this.#asking = asking;
  }

  /**
   * One tap and what follows from it.
   * @returns done: the sale is final; asked: a Bolt Card's server was asked to pay it, and may do so
   */
  async tapAndAsk(
    sale: Sale,
    display: SaleDisplay,
    signal: AbortSignal,
  ): Promise<"done" | "asked" | "not-yet"> {
    const { reader, sender, store, offline, boltCards } = this.#parts;
    let wasBoltCard = false;
    let admission: OfflineAdmission | undefined;
    let isOffline = false;
    const isFinal = await tap(
      reader,
      requestOf(sale),
      async (card, token) => {
        display.onStep?.("tap", card.elapsedMs());
        const authorized = store.authorized(sale.number, token, card.selected.nodeUri ?? "");
        if (isOffline && admission) return await this.#asking.accept(authorized, admission);
        return this.#asking.ask(authorized, display, signal, card, admission);
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
            return requestOf(await offlineInvoice(this.#parts, store.get(sale.number), this.#ends.now()));
          }),
        askPin: display.askPin?.bind(display),
        onCard: () => display.onCard?.(),
        onTag: () => display.onCard?.(),
        onTorn: () => display.onNotice?.(SENTENCES.sale.torn, "torn"),
        ...(boltCards && {
          useTag: (address: string) => {
            wasBoltCard = true;
            const [parts, ends, rules] = [this.#parts, this.#ends, boltCards];
            return askBoltCard({ parts, rules, ends, sale, display, signal }, address);
          },
        }),
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
    return isFinal ? "done" : wasBoltCard ? "asked" : "not-yet";
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
    const given = acceptMessage(message, open, Math.floor(this.#ends.now() / 1000));
    if (!given.accepted) throw new ParseError("phone/message", `not for this sale (${given.reason})`);
    if (given.kind === "token") {
      const authorized = this.#parts.store.authorized(sale.number, given.token, formatNodeUri(given.uri));
      return this.#asking.ask(authorized, display, signal);
    }
    display.onNotice?.(SENTENCES.sale.phonePaid);
    await pause(CLAIM_MS, signal);
    return this.#ends.settledBefore(sale);
  }
}
