import type { Msat } from "../../common/msat.js";
import { NodeError, type NodeErrorCode } from "../../lightning/nodes/errors.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import type { OfflineDesk } from "./offline-desk.js";
import type { Sale } from "./sale.js";
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
