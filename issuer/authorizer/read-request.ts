import {
  AUTHORIZATION_FLAG,
  type Authorization,
  frameSealed,
  MESSAGE_TYPE,
  type OpenedMessage,
} from "../../apdu/index.js";
import { bytesToHex, concatBytes, equalBytes, ParseError } from "../../common/index.js";
import type { InitiatePaymentRequest } from "../../lightning/api/authorizer.js";
import { REASON } from "../../lightning/api/reasons.js";
import {
  canonicalInvoice,
  type Invoice,
  type InvoiceErrorCode,
  invoiceProblem,
  parseInvoice,
  type UncheckedInvoice,
} from "../../lightning/bolt11/index.js";
import { blob, cardKey } from "../store/values.js";
import { openToken, VerificationError } from "../verify.js";
import type { AuthorizerConfig } from "./config.js";
import type { Question } from "./decide.js";
import type { IssuerPorts } from "./ports.js";

/** A request whose invoice and token have their form; neither signature is checked. */
export interface ReadRequest {
  readonly invoice: UncheckedInvoice;
  readonly opened: OpenedMessage<Authorization>;
}

const REASON_OF: Readonly<Record<InvoiceErrorCode, number>> = {
  network: REASON.INVOICE_WRONG_NETWORK,
  "unknown-feature": REASON.INVOICE_UNKNOWN_FEATURE,
  "feature-dependency": REASON.INVOICE_UNKNOWN_FEATURE,
  "duplicate-field": REASON.INVOICE_MALFORMED,
  expired: REASON.INVOICE_EXPIRED,
  "expires-soon": REASON.INVOICE_EXPIRED,
  amountless: REASON.INVOICE_AMOUNTLESS,
};

/**
 * Reads what a peer sent: the invoice in its canonical form, the token opened (specs/03 §3, steps 1 and 2).
 * @returns a reason code when either has not even the form
 */
export function readRequest(
  request: InitiatePaymentRequest,
  keys: IssuerPorts["keys"],
): ReadRequest | number {
  try {
    const text = new TextDecoder("latin1").decode(request.invoice);
    if (canonicalInvoice(text) !== text) return REASON.INVOICE_MALFORMED;
    return { invoice: parseInvoice(text), opened: openToken(request.token, (id) => keys.sealKey(id)) };
  } catch (error) {
    if (error instanceof VerificationError) return REASON.TOKEN_NOT_ACCEPTED;
    if (error instanceof ParseError) return REASON.INVOICE_MALFORMED;
    throw error;
  }
}

/**
 * What is asked of the ledger once the token is proven genuine and for this invoice. What the invoice alone rules
 * out goes along: the token is used up with it, so the card must get the amount back.
 * @param now Unix milliseconds
 */
export function questionOf(
  opened: OpenedMessage<Authorization>,
  invoice: Invoice,
  { network, nodeId, deputies }: Pick<IssuerPorts, "network" | "nodeId" | "deputies">,
  { maxExpirySeconds, statusSkewSeconds }: Pick<AuthorizerConfig, "maxExpirySeconds" | "statusSkewSeconds">,
  now: number,
): Question {
  const { fields } = opened;
  // The payee's clock may be ahead by as much as a card's status may.
  const latest = now / 1000 + maxExpirySeconds + statusSkewSeconds;
  const problem = invoiceProblem(invoice, {
    network,
    now: Math.floor(now / 1000),
    allowAmountless: true,
  });
  return {
    card: cardKey(fields.cardId),
    counter: BigInt(fields.counter),
    flags: BigInt(fields.flags),
    pinVerified: (fields.flags & AUTHORIZATION_FLAG.PIN_VERIFIED) !== 0,
    sequence: BigInt(fields.updateSequence),
    amount: fields.amount,
    total: fields.authorizedTotal,
    invoiceHash: blob(fields.invoiceHash),
    paymentHash: blob(invoice.paymentHash),
    payee: bytesToHex(invoice.payee),
    signature: blob(opened.signature),
    message: evidenceOf(MESSAGE_TYPE.AUTHORIZATION, opened),
    invoice: invoice.text,
    amountless: invoice.amount === undefined,
    expiresAt: invoice.expiresAt * 1000,
    minFinalCltv: invoice.minFinalCltv,
    problem: problem
      ? REASON_OF[problem.code]
      : (ownReason(invoice, fields, [nodeId, ...deputies]) ?? lateExpiry(invoice, latest)),
  };
}

/** An invoice that expires too late keeps its money reserved for as long when its outcome stays unknown. */
const lateExpiry = ({ expiresAt }: Invoice, latest: number): number | undefined =>
  expiresAt > latest ? REASON.INVOICE_EXPIRES_LATE : undefined;

/**
 * A payee of our own node cannot be paid over Lightning by it. A route hint that begins at our node does not make
 * it one: shops with a private channel to us have the same hint, so deputies are known by their ids alone.
 */
function ownReason(invoice: Invoice, fields: Authorization, own: readonly Uint8Array[]): number | undefined {
  if (invoice.amount !== undefined && invoice.amount !== fields.amount) return REASON.TOKEN_OTHER_AMOUNT;
  return own.some((id) => equalBytes(id, invoice.payee)) ? REASON.PAYEE_IS_PAYER : undefined;
}

/** Type, key set id and clear body of a message, 133 bytes: what proves that the card signed it. */
export function evidenceOf(
  type: (typeof MESSAGE_TYPE)[keyof typeof MESSAGE_TYPE],
  opened: Pick<OpenedMessage<unknown>, "keySetId" | "unsigned" | "signature">,
): Buffer {
  return blob(
    frameSealed(type, opened.keySetId, new Uint8Array(0), concatBytes(opened.unsigned, opened.signature)),
  );
}
