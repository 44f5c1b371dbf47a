import { ChequecardError } from "../../common/errors.js";
import { shownMsat } from "../../common/languages/shown.js";
import { SENTENCES } from "../../common/languages/spoken.js";
import type { Msat } from "../../common/msat.js";
import { NodeError, type NodeErrorCode } from "../../lightning/nodes/errors.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import type { OfflineDesk } from "./offline-desk.js";
import { type Sale, SaleError } from "./sale.js";
import type { SaleStore } from "./sale-store.js";

/** Who makes invoices. */
export interface InvoiceParts {
  readonly node: LightningNode;
  readonly store: SaleStore;
  readonly offline?: OfflineDesk;
}

type MadeInvoice = Pick<Sale, "invoice" | "paymentHash" | "invoiceOf" | "invoiceUntil">;

const AWAY: readonly NodeErrorCode[] = ["unreachable", "timeout", "not-ready", "closed"];

/** Whether the node itself cannot be asked. */
export const isAway = (error: unknown): boolean => error instanceof NodeError && AWAY.includes(error.code);

/**
 * The invoice of a new sale: the node's own, which it can cancel; the deputy's where the node is away and the terminal may
 * accept offline (specs/09 §4.4).
 * @throws NodeError
 */
export async function makeInvoice(
  { node, offline }: InvoiceParts,
  sale: { readonly amount: Msat; readonly description: string },
  expirySeconds: number,
): Promise<MadeInvoice> {
  try {
    const seconds = offline?.onlineExpiry(expirySeconds) ?? expirySeconds;
    const { invoice, paymentHash, expiresAt } = await node.createInvoice({ ...sale, expirySeconds: seconds });
    offline?.outages.setOwnNode(false);
    return { invoice, paymentHash, invoiceUntil: expiresAt, invoiceOf: "node" };
  } catch (error) {
    const made = isAway(error) ? offline?.deputyInvoice(sale) : undefined;
    if (!made) throw error;
    offline?.outages.setOwnNode(true);
    const { invoice, paymentHash, expiresAt } = made;
    return { invoice, paymentHash, invoiceUntil: expiresAt, invoiceOf: "deputy" };
  }
}

/**
 * The sale with an invoice that lives for the forwarding window, before a card signs it offline. The first invoice, for which
 * nobody was asked, is cancelled before: never can two invoices of a sale be paid.
 * @param now Unix milliseconds
 * @throws NodeError, SaleError
 */
export async function offlineInvoice(
  { node, store, offline }: InvoiceParts,
  sale: Sale,
  now: number,
): Promise<Sale> {
  const seconds = offline?.windowSeconds ?? 0;
  const left = sale.invoiceUntil - now / 1000;
  // A card that was torn away, or was asked for its PIN, may have signed this one.
  if (sale.invoiceOf === "deputy" || left > 0.9 * seconds) return sale;
  try {
    const { amount, description } = sale;
    await node.cancelInvoice(sale.paymentHash);
    // Of node and deputy the issuer's pack names one: the deputy, where the terminal has one.
    const deputys = offline?.deputyInvoice({ amount, description });
    const made = deputys ?? (await node.createInvoice({ amount, description, expirySeconds: seconds }));
    const invoiceOf = deputys ? "deputy" : "node";
    const { invoice, paymentHash, expiresAt: invoiceUntil } = made;
    return store.reinvoice(sale.number, { invoice, paymentHash, invoiceUntil, invoiceOf });
  } catch (error) {
    // The node is away, too: the first invoice serves as long as it lives.
    if (isAway(error)) return sale;
    throw error;
  }
}

/**
 * What to tell of a sale whose card has signed and which could not be kept as accepted. Its own invoice is cancelled at the
 * node, where that can be asked, so that a card cannot pay for what is not handed out (specs/09 §4.6).
 */
export async function notAccepted(node: LightningNode, sale: Sale, cause: SaleError): Promise<SaleError> {
  const end = await endInvoice(node, sale);
  const sentence = SENTENCES.offline.notAccepted[end](sale.number, shownMsat(sale.amount), cause.message);
  return new SaleError(cause.code, sentence, {
    cause,
    ...(cause.hint === undefined ? {} : { hint: cause.hint }),
  });
}

async function endInvoice(
  node: LightningNode,
  { invoiceOf, paymentHash }: Sale,
): Promise<keyof typeof SENTENCES.offline.notAccepted> {
  // Nobody but this terminal has its token, and it forwards none that it has not accepted.
  if (invoiceOf === "deputy") return "over";
  try {
    await node.cancelInvoice(paymentHash);
    return "over";
  } catch (error) {
    if (!(error instanceof ChequecardError)) throw error;
    if (!(error instanceof NodeError)) return "open";
    if (error.code === "already-cancelled") return "over";
    return error.code === "already-settled" ? "arriving" : "open";
  }
}
