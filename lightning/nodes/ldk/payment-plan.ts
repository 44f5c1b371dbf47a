import * as ldk from "lightningdevkit";
import { type Msat, ParseError } from "../../../common/index.js";
import { decodeInvoice, type Invoice } from "../../bolt11/index.js";
import { NodeError } from "../errors.js";
import type { PaymentRequest } from "../port.js";
import { optionU64, unwrap } from "./result.js";

/** Two weeks of blocks: more than any node forwards. */
const MAX_CLTV = 2016;

/**
 * What a payment request asks for.
 * @throws NodeError `bad-invoice`, `network`, `bad-request`
 */
export function readRequest(request: PaymentRequest): { readonly invoice: Invoice; readonly amount: Msat } {
  const { maxCltv } = request;
  if (maxCltv !== undefined && !(Number.isInteger(maxCltv) && maxCltv > 0 && maxCltv <= MAX_CLTV))
    throw new NodeError("bad-request", `maxCltv: need an integer from 1 to ${MAX_CLTV}, have ${maxCltv}`);
  const invoice = readInvoice(request.invoice);
  return { invoice, amount: amountOf(invoice, request.amount) };
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

/** Parameters of a payment for LDK. */
export interface PaymentPlan {
  readonly onion: ldk.RecipientOnionFields;
  readonly route: ldk.RouteParameters;
}

/** The limits of a request in LDK's terms; undefined when LDK does not take the invoice. */
export function planPayment(
  invoice: Invoice,
  amount: Msat,
  { maxFee, maxCltv }: PaymentRequest,
): PaymentPlan | undefined {
  const parsed = ldk.Bolt11Invoice.constructor_from_str(invoice.text);
  if (!(parsed instanceof ldk.Result_Bolt11InvoiceParseOrSemanticErrorZ_OK)) return undefined;
  const parameters = unwrap(
    invoice.amount === undefined
      ? ldk.UtilMethods.constructor_payment_parameters_from_variable_amount_invoice(parsed.res, amount)
      : ldk.UtilMethods.constructor_payment_parameters_from_invoice(parsed.res),
    ldk.Result_C3Tuple_ThirtyTwoBytesRecipientOnionFieldsRouteParametersZNoneZ_OK,
    "reading the invoice",
  );
  const route = parameters.get_c();
  route.set_max_total_routing_fee_msat(optionU64(maxFee));
  if (maxCltv !== undefined) {
    const payee = route.get_payment_params();
    payee.set_max_total_cltv_expiry_delta(cltvLimit(maxCltv, invoice.minFinalCltv));
    route.set_payment_params(payee);
  }
  return { onion: parameters.get_b(), route };
}

/** Blocks that LDK keeps back for a random delay when at least so many are left beside the payee's own. */
const SHADOW_CLTV = 80;

/**
 * The limit to give LDK so that no HTLC expires more than `maxCltv` blocks from now: one less, since LDK counts
 * from the next block. Between one and two shadows, LDK would find fewer routes than with just under one.
 */
function cltvLimit(maxCltv: number, finalCltv: number): number {
  const limit = maxCltv - 1;
  return limit < finalCltv + 2 * SHADOW_CLTV ? Math.min(limit, finalCltv + SHADOW_CLTV - 1) : limit;
}
