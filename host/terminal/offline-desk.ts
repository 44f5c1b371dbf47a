import { equalBytes } from "../../common/bytes.js";
import type { Msat } from "../../common/msat.js";
import type { DeputyInvoice, SaleRequest } from "../../lightning/dpp/invoice.js";
import { formatNodeUri, type NodeUri } from "../../lightning/node-uri.js";
import type { AcceptancePack, FloorLimits } from "../../offline/pack.js";
import { OfflineRefusal } from "../../offline/refusal.js";
import { type AdmittedCard, admitCard, verifyAdmitted } from "../../offline/verify.js";
import type { CardSession } from "../card-session.js";
import type { Outages } from "./outages.js";
import type { Sale } from "./sale.js";
import type { SaleStore } from "./sale-store.js";

/** A card that may pay this amount without a connection. */
export interface OfflineAdmission {
  readonly pack: AcceptancePack;
  readonly card: AdmittedCard;
}

export interface OfflineDeskParts {
  /** The packs that are installed now. */
  readonly packs: () => readonly AcceptancePack[];
  /** The terminal's own; of each limit of pack and terminal the lower one counts. */
  readonly limits: FloorLimits;
  readonly store: SaleStore;
  readonly outages: Outages;
  /** An invoice of the merchant's deputy, for when the node cannot be asked; absent: the terminal has no deputy profile. */
  readonly deputyInvoice?: ((request: SaleRequest) => DeputyInvoice) | undefined;
  /** Unix milliseconds; default the system's clock. */
  readonly now?: () => number;
}

/** Seconds that the invoice of an online sale lives where it may go on offline: as long as every issuer takes by default. */
const ONLINE_INVOICE_SECONDS = 86_400;

/** Sells without a connection (specs/09 §4): admits cards, accepts their tokens, makes the invoices for it. */
export class OfflineDesk {
  readonly outages: Outages;
  readonly #parts: OfflineDeskParts;

  constructor(parts: OfflineDeskParts) {
    this.#parts = parts;
    this.outages = parts.outages;
  }

  /** Seconds until the invoice of a sale expires that is accepted offline: the shortest window of the packs. */
  get windowSeconds(): number {
    return Math.min(
      ...this.#parts.packs().map(({ forwardingWindow }) => forwardingWindow),
      Number.MAX_SAFE_INTEGER,
    );
  }

  /** Seconds that an online sale's invoice lives so that its token can still be forwarded (specs/09 §4.4). */
  onlineExpiry(seconds: number): number {
    return this.canAccept ? Math.max(seconds, Math.min(this.windowSeconds, ONLINE_INVOICE_SECONDS)) : seconds;
  }

  /** Whether there is any pack: without one nothing is accepted offline. */
  get canAccept(): boolean {
    return this.#parts.packs().length > 0;
  }

  /** An invoice of the deputy; undefined where the terminal has no profile of one, or no pack. */
  deputyInvoice(request: Omit<SaleRequest, "expirySeconds">): DeputyInvoice | undefined {
    if (!this.canAccept) return undefined;
    return this.#parts.deputyInvoice?.({
      ...request,
      expirySeconds: this.windowSeconds,
      acceptedOffline: true,
    });
  }

  /**
   * Reads the card's certificate and decides whether its token would be accepted, before it signs.
   * @returns the refusal, where it would not
   * @throws CardStatusError, TransportError; SaleError
   */
  async admit(card: CardSession, amount: Msat): Promise<OfflineAdmission | OfflineRefusal> {
    const packs = this.#parts.packs();
    if (packs.length === 0) return new OfflineRefusal("no-pack");
    const certificate = await card.certificate();
    if (!certificate) return new OfflineRefusal("no-certificate");
    return this.#admitted(certificate, packs, amount);
  }

  #admitted(
    certificate: Uint8Array,
    packs: readonly AcceptancePack[],
    amount: Msat,
  ): OfflineAdmission | OfflineRefusal {
    const { limits, store } = this.#parts;
    let refusal = new OfflineRefusal("unknown-key-set");
    for (const pack of packs)
      try {
        const held = (cardId: Uint8Array) => store.accepted.held(cardId);
        const card = admitCard({ certificate, pack, amount, limits, held, now: this.#seconds() });
        if (store.accepted.isDenied(card.certificate.cardId)) throw new OfflineRefusal("card-contradicts");
        return { pack, card };
      } catch (error) {
        if (!(error instanceof OfflineRefusal)) throw error;
        // Two issuers may have a key set of the same id: the reason of the one whose card it is.
        if (refusal.code === "unknown-key-set" || refusal.code === "certificate-not-genuine") refusal = error;
      }
    return refusal;
  }

  /**
   * Accepts a sale for a token: durable when this returns, so show it only then.
   * @param uri that the card named; the token goes to a node that the pack names
   * @throws OfflineRefusal, SaleError: nothing is accepted then
   */
  accept(sale: Sale, token: Uint8Array, uri: NodeUri, { pack, card }: OfflineAdmission): Sale {
    const now = this.#seconds();
    const { amount, invoice } = sale;
    const authorization = verifyAdmitted(card, { token, invoice, amount, now });
    return this.#parts.store.accepted.accept(sale.number, authorization, {
      token,
      nodeUri: formatNodeUri(nodeOf(pack, uri)),
      issuer: pack.issuer,
      acceptedAt: now,
    });
  }

  #seconds(): number {
    return Math.floor((this.#parts.now?.() ?? Date.now()) / 1000);
  }
}

/** What a card says in SELECT proves nothing: of the nodes that the issuer has signed, the one that it names, or the first. */
function nodeOf({ nodes }: AcceptancePack, { nodeId }: NodeUri): NodeUri {
  const node = nodes.find((one) => equalBytes(one.nodeId, nodeId)) ?? nodes[0];
  if (!node) throw new RangeError("a pack without a node");
  return node;
}
