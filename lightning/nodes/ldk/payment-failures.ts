import * as ldk from "lightningdevkit";

/** Nothing can be sent right now; another channel may change that. */
export const NO_ROUTE = "no route to the payee with enough capacity within the limits for fee and expiry";

/** Why LDK sent nothing, in words. */
export function sendFailure(failure: ldk.RetryableSendFailure): string {
  switch (failure) {
    case ldk.RetryableSendFailure.LDKRetryableSendFailure_PaymentExpired:
      return "the invoice has expired";
    case ldk.RetryableSendFailure.LDKRetryableSendFailure_RouteNotFound:
      return NO_ROUTE;
    default:
      return "the payment does not fit an onion";
  }
}

/** Why a payment failed for certain, in words. */
export function failureReason(option: ldk.Option_PaymentFailureReasonZ): string {
  const reason = option instanceof ldk.Option_PaymentFailureReasonZ_Some ? option.some : undefined;
  switch (reason) {
    case ldk.PaymentFailureReason.LDKPaymentFailureReason_RecipientRejected:
      return "the payee refused the payment";
    case ldk.PaymentFailureReason.LDKPaymentFailureReason_RetriesExhausted:
      return "every route that was tried failed";
    case ldk.PaymentFailureReason.LDKPaymentFailureReason_PaymentExpired:
      return "the invoice has expired";
    case ldk.PaymentFailureReason.LDKPaymentFailureReason_RouteNotFound:
      return NO_ROUTE;
    default:
      return "the payment could not be made";
  }
}
