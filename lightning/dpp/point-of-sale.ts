import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, requireLength } from "../../common/index.js";
import { DeputyError } from "./errors.js";
import { type DeputyInvoice, type SaleRequest, systemTime } from "./invoice.js";
import type { Sale, SaleStore } from "./sale-store.js";

/** Open sales at a time. A terminal has one, a row of vending machines some dozens. */
export const MAX_OPEN_SALES = 256;
/** How many of the closed sales are looked through to say that a preimage was used before. */
const RECENT_SALES = 256;
/** Seconds for which a preimage is still taken after the invoice has expired. */
export const DEFAULT_GRACE_SECONDS = 120;
/** Seconds for which an open sale without payment stays in the file. */
const KEEP_EXPIRED_SECONDS = 86_400;

/** What showing a preimage comes to. Only `accepted` opens the tap. */
export type PreimageResult =
  | { readonly result: "accepted"; readonly sale: Sale }
  | { readonly result: "already-used" | "cancelled" | "expired"; readonly sale: Sale }
  | { readonly result: "unknown" };

export interface PointOfSaleOptions {
  readonly store: SaleStore;
  /** Makes the invoice: {@link makeDeputyInvoice} with a profile, or the one of draft-819. */
  readonly makeInvoice: (request: SaleRequest) => DeputyInvoice;
  /** Default {@link DEFAULT_GRACE_SECONDS}. */
  readonly graceSeconds?: number;
  /** Unix seconds; default the system's clock. */
  readonly now?: () => number;
}

/**
 * An offline point of sale (specs/07 §8): it makes invoices and hands out what was sold against a preimage, once.
 * It talks to no node and no network.
 */
export class PointOfSale {
  readonly #store: SaleStore;
  readonly #makeInvoice: (request: SaleRequest) => DeputyInvoice;
  readonly #grace: number;
  readonly #now: () => number;

  constructor(options: PointOfSaleOptions) {
    this.#store = options.store;
    this.#makeInvoice = options.makeInvoice;
    this.#grace = options.graceSeconds ?? DEFAULT_GRACE_SECONDS;
    this.#now = options.now ?? systemTime;
  }

  /**
   * Opens a sale; it is durable when this returns, so show the invoice only then.
   * @throws DeputyError `amountless`, `too-many-sales`, `storage`; ValueError
   */
  sell(request: SaleRequest): DeputyInvoice {
    this.#makeRoom();
    const sale = this.#makeInvoice(request);
    this.#store.add(sale);
    return sale;
  }

  /** Sales for which a preimage is accepted now, oldest first. */
  openSales(): Sale[] {
    return this.#store.open().filter((sale) => !this.#over(sale));
  }

  /** Paid and cancelled sales, latest first; what was accepted just before a power cut is here. */
  closedSales(limit = 100): Sale[] {
    return this.#store.closed(limit);
  }

  /**
   * Takes the proof of payment. The sale is durably paid before this returns, so that after a power cut the same
   * preimage opens nothing a second time. Every sale is compared, in constant time.
   * @param preimage 32 bytes
   * @throws ValueError, DeputyError `storage`
   */
  accept(preimage: Uint8Array): PreimageResult {
    requireLength(preimage, 32, "preimage");
    const paymentHash = sha256(preimage);
    const sale = find(this.#store.open(), paymentHash);
    if (sale) {
      if (this.#over(sale)) return { result: "expired", sale };
      const closedAt = this.#now();
      if (this.#store.close(paymentHash, "paid", closedAt))
        return { result: "accepted", sale: { ...sale, state: "paid", closedAt } };
    }
    const closed = find(this.#store.closed(RECENT_SALES), paymentHash);
    if (!closed) return { result: "unknown" };
    return { result: closed.state === "paid" ? "already-used" : "cancelled", sale: closed };
  }

  /**
   * Ends an open sale without payment. The recipient does not learn of it: a payer who pays nevertheless has paid
   * and gets nothing, so cancel only what is not shown any more.
   * @returns false when the sale is not open
   */
  cancel(paymentHash: Uint8Array): boolean {
    return this.#store.close(paymentHash, "cancelled", this.#now());
  }

  #over(sale: Sale): boolean {
    return this.#now() >= sale.expiresAt + this.#grace;
  }

  #makeRoom(): void {
    if (this.#store.open().length < MAX_OPEN_SALES) return;
    this.#store.forgetExpired(this.#now() - this.#grace - KEEP_EXPIRED_SECONDS);
    const full = () => this.#store.open().length >= MAX_OPEN_SALES;
    if (full()) this.#store.forgetExpired(this.#now() - this.#grace);
    if (full())
      throw new DeputyError("too-many-sales", `${MAX_OPEN_SALES} sales are open`, {
        hint: "Wait for some of them to be paid or to expire, or cancel them.",
      });
  }
}

/** The sale of a payment hash; all are compared, whichever it is. */
function find(sales: readonly Sale[], paymentHash: Uint8Array): Sale | undefined {
  let found: Sale | undefined;
  for (const sale of sales) if (equalBytes(sale.paymentHash, paymentHash)) found = sale;
  return found;
}
