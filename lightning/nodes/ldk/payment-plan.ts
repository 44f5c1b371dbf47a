import * as ldk from "lightningdevkit";
import type { Msat } from "../../../common/index.js";
import type { Invoice } from "../../bolt11/index.js";
import type { PaymentRequest } from "../port.js";
import { optionU64, unwrap } from "./result.js";

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
