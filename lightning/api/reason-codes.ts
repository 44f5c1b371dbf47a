import type { SENTENCES } from "../../common/languages/spoken.js";

/** Why a payment was rejected, as the issuer's log says it. */
export interface LoggedReason {
  /** u16 in TLV record 1 of `reject_payment`. */
  readonly code: number;
  /** Stable name, used in `--json`, in logs and in vectors. */
  readonly name: keyof typeof SENTENCES.reject | "unknown";
  /** One sentence for the issuer's log. */
  readonly log: string;
}

/**
 * Codes (specs/08 §5). New ones are added; none is ever given another meaning. A reject is final for its token and
 * invoice, except with the codes from 64 to 127: those only say "not now".
 */
export const REASON = {
  INVOICE_MALFORMED: 1,
  INVOICE_WRONG_NETWORK: 2,
  INVOICE_UNKNOWN_FEATURE: 3,
  INVOICE_EXPIRED: 4,
  INVOICE_AMOUNTLESS: 5,
  PAYEE_NOT_ALLOWED: 6,
  PAYEE_IS_PAYER: 7,
  INVOICE_TAKEN: 8,
  INVOICE_EXPIRES_LATE: 9,
  TOKEN_NOT_ACCEPTED: 16,
  TOKEN_OTHER_INVOICE: 17,
  TOKEN_OTHER_AMOUNT: 18,
  CARD_BLOCKED: 19,
  TOKEN_VOID: 20,
  CARD_CONTRADICTS: 21,
  ABOVE_MAX_PER_TRANSACTION: 32,
  ABOVE_PERIOD_LIMIT: 33,
  PIN_REQUIRED: 34,
  OUTSIDE_HOURS: 35,
  NOT_FUNDED: 36,
  BELOW_MIN_PER_TRANSACTION: 37,
  PAYMENT_FAILED: 48,
  FEE_TOO_HIGH: 49,
  BUSY: 64,
  INTERNAL: 65,
  CARD_ON_HOLD: 66,
} as const;

type Named = LoggedReason & { readonly name: keyof typeof SENTENCES.reject };
const entry = (code: number, name: Named["name"], log: string): Named => ({ code, name, log });

/** Every code once. */
export const REASONS: readonly Named[] = [
  entry(
    REASON.INVOICE_MALFORMED,
    "invoice-malformed",
    "the invoice is not valid BOLT 11, or not in its canonical form",
  ),
  entry(
    REASON.INVOICE_WRONG_NETWORK,
    "invoice-wrong-network",
    "the invoice is for another network than the node's",
  ),
  entry(
    REASON.INVOICE_UNKNOWN_FEATURE,
    "invoice-unknown-feature",
    "the invoice sets a required feature bit that is not known, or one without the bit it depends on",
  ),
  entry(
    REASON.INVOICE_EXPIRED,
    "invoice-expired",
    "the invoice has expired, or too little time is left to pay it",
  ),
  entry(
    REASON.INVOICE_AMOUNTLESS,
    "invoice-without-amount",
    "the invoice has no amount, and amountless ones are not allowed",
  ),
  entry(
    REASON.PAYEE_NOT_ALLOWED,
    "payee-not-allowed",
    "the invoice's payee is not among those that the card may pay",
  ),
  entry(
    REASON.PAYEE_IS_PAYER,
    "payee-is-payer",
    "the invoice's payee is the paying node itself, and internal settlement does not exist",
  ),
  entry(
    REASON.INVOICE_TAKEN,
    "invoice-taken",
    "the payment hash is already reserved or settled by another authorization",
  ),
  entry(
    REASON.INVOICE_EXPIRES_LATE,
    "invoice-expires-late",
    "the invoice expires later than this issuer accepts: its money could be bound until then",
  ),
  // One code for an unknown card, an unknown key set, unreadable bytes and a wrong signature: a stranger who makes up
  // tokens must not learn which cards exist.
  entry(
    REASON.TOKEN_NOT_ACCEPTED,
    "token-not-accepted",
    "the token cannot be opened, its card is not known, or its signature is wrong",
  ),
  entry(REASON.TOKEN_OTHER_INVOICE, "token-other-invoice", "the token is signed for another invoice"),
  entry(
    REASON.TOKEN_OTHER_AMOUNT,
    "token-other-amount",
    "the token is signed for another amount than the invoice's",
  ),
  entry(REASON.CARD_BLOCKED, "card-blocked", "the card is replaced or retired"),
  entry(REASON.TOKEN_VOID, "token-void", "the authorization's counter is void"),
  entry(
    REASON.CARD_CONTRADICTS,
    "card-contradicts",
    "the token contradicts what the card signed before: the card is cloned or broken",
  ),
  entry(
    REASON.ABOVE_MAX_PER_TRANSACTION,
    "above-max-per-transaction",
    "the amount is above the card's maximum per transaction",
  ),
  entry(
    REASON.ABOVE_PERIOD_LIMIT,
    "above-period-limit",
    "the amount would exceed the card's limit for a period",
  ),
  entry(
    REASON.PIN_REQUIRED,
    "pin-required",
    "the policy wants the PIN for this amount, and the token was made without it",
  ),
  entry(REASON.OUTSIDE_HOURS, "outside-hours", "the policy does not allow payments at this hour"),
  entry(
    REASON.NOT_FUNDED,
    "not-funded",
    "settled, reserved and this amount together exceed what was paid in for the card",
  ),
  entry(
    REASON.BELOW_MIN_PER_TRANSACTION,
    "below-min-per-transaction",
    "the amount is below the policy's least for one payment: its routing fee would cost more than it moves",
  ),
  entry(REASON.PAYMENT_FAILED, "payment-failed", "the payment failed for certain"),
  entry(
    REASON.FEE_TOO_HIGH,
    "fee-too-high",
    "no route within the fee that the budgets of fees, or the money on the card, still allow",
  ),
  entry(
    REASON.BUSY,
    "busy",
    "a limit on payments in flight, or on requests of one card, was reached; nothing was reserved",
  ),
  entry(REASON.INTERNAL, "internal", "the service failed before anything was reserved"),
  entry(
    REASON.CARD_ON_HOLD,
    "card-on-hold",
    "the card is blocked or not yet in use, or shows an update that this ledger has not made; nothing was recorded",
  ),
];

/**
 * True for a reject that may become a payment when the payer is asked again, so that nothing follows from it
 * (specs/08 §5): 64 to 127, known or not.
 */
export const isTemporaryReason = (code: number | undefined): boolean =>
  code !== undefined && code >= 64 && code < 128;

const byCode = new Map(REASONS.map((reason) => [reason.code, reason]));

/** The same for any code. An unknown one keeps its number; no code at all has a sentence of its own. */
export function reasonForLog(code: number | undefined): LoggedReason {
  if (code === undefined) return entry(0, "no-reason", "the payment was rejected without a reason");
  return byCode.get(code) ?? { code, name: "unknown", log: `the payment was rejected with code ${code}` };
}
