import { samePublicBytes } from "../../common/bytes.js";
import type { Msat } from "../../common/msat.js";
import { canonicalHash } from "./canonical.js";
import type { UncheckedInvoice } from "./types.js";

/**
 * Whether an authorization is for this very invoice and exactly its amount (specs/03 §3 step 4 and 5). An invoice without
 * an amount leaves it to the authorization.
 * @param authorization what the card signed: SHA-256 of the canonical invoice (32 bytes), and the amount
 */
export function authorizedProblem(
  authorization: { readonly invoiceHash: Uint8Array; readonly amount: Msat },
  invoice: Pick<UncheckedInvoice, "text" | "amount">,
): "other-invoice" | "other-amount" | undefined {
  if (!samePublicBytes(authorization.invoiceHash, canonicalHash(invoice.text))) return "other-invoice";
  return invoice.amount === undefined || invoice.amount === authorization.amount ? undefined : "other-amount";
}
