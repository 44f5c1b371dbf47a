import { AUTHORIZATION_FLAG } from "../apdu/constants.js";
import { type Authorization, openToken } from "../apdu/sealed/authorization.js";
import type { OpenedMessage, SealKeyLookup } from "../apdu/sealed/message.js";
import { hexToBytes, samePublicBytes } from "../common/bytes.js";
import { CodedError, ParseError } from "../common/errors.js";
import type { Msat } from "../common/msat.js";
import { REASON } from "../lightning/api/reason-codes.js";
import { authorizedProblem } from "../lightning/bolt11/authorized.js";
import { canonicalHash, expectCanonical } from "../lightning/bolt11/canonical.js";
import { type InvoiceError, type InvoiceErrorCode, invoiceProblem } from "../lightning/bolt11/check.js";
import { checkedInvoice, parseInvoice } from "../lightning/bolt11/parse.js";
import type { Invoice, InvoiceSignature } from "../lightning/bolt11/types.js";
import type { Network } from "../lightning/network.js";
import type { CardKind } from "./store/schema.js";
import { blob, cardKey } from "./store/values.js";

/** What the issuer knows of a card and a verifier needs. */
export interface CardRecord {
  /** 8 bytes. */
  readonly cardId: Uint8Array;
  /** The card's public key, 33 or 65 bytes. */
  readonly publicKey: Uint8Array;
  /** The key set that the card was personalized with, 4 bytes. */
  readonly keySetId: Uint8Array;
}

/** Both signatures of one request. */
export interface RequestSignatures {
  readonly invoice: InvoiceSignature;
  readonly token: Pick<OpenedMessage<unknown>, "digest" | "signature">;
  /** Who must have signed the token, 33 or 65 bytes. */
  readonly signer: Uint8Array;
}

/** What both signatures prove. */
export interface SignatureFindings {
  /** Who signed the invoice, 33 bytes; undefined when no key can have, or not the one it names. */
  readonly payee: Uint8Array | undefined;
  /** Whether the token is the signer's. */
  readonly signed: boolean;
}

/** Checks signatures; each request costs the same two checks, whatever comes out. */
export interface SignatureChecker {
  check(request: RequestSignatures): SignatureFindings | Promise<SignatureFindings>;
}

export type VerificationErrorCode =
  /** The invoice is no BOLT 11 invoice in canonical form, or its own signature is wrong. */
  | "invoice-malformed"
  /** The invoice is for another network, expired, asks for unknown features, or is one of the payer's own. */
  | "invoice-unpayable"
  /** The token does not have the form of one, or its key set is unknown. */
  | "token-malformed"
  /** The card is unknown, or it did not sign this token: one code for both, on purpose. */
  | "token-not-genuine"
  /** The token is for another invoice. */
  | "wrong-invoice"
  /** The token is for this invoice but another amount. */
  | "wrong-amount";

/** Why a token must not be paid. The message never holds the token. */
export class VerificationError extends CodedError<VerificationErrorCode> {
  /** Reason code of the reject (specs/08 §5). */
  readonly reason: number;

  constructor(
    code: VerificationErrorCode,
    reason: number,
    message: string,
    options: { cause?: unknown; hint?: string } = {},
  ) {
    super(code, message, options);
    this.reason = reason;
  }
}

/** A genuine authorization and the invoice that it is for: all that was proven, and all that is recorded of it. */
export interface VerifiedAuthorization<Card extends CardRecord = CardRecord> extends PayableInvoice {
  /** `sun`: a Bolt Card was read, and the amount is the invoice's alone (specs/10 §7.4). */
  readonly kind: CardKind;
  /** What was found of the card that signed. */
  readonly record: Card;
  /** Its id as the ledger keys it. */
  readonly card: bigint;
  readonly counter: bigint;
  /** AUTHORIZATION_FLAG bits. */
  readonly flags: bigint;
  readonly pinVerified: boolean;
  /** Low 24 bits of the sequence of the last update that took effect on the card. */
  readonly sequence: bigint;
  readonly amount: Msat;
  /** Everything that the card ever authorized, this amount included; of a Bolt Card 0, the ledger counts it. */
  readonly total: Msat;
  /** 64 bytes; of a Bolt Card `c`, 8 bytes. */
  readonly signature: Buffer;
  /** Type, key set id and clear body, 133 bytes: evidence if it contradicts. */
  readonly message: Buffer;
}

/** An invoice, and whether it can be paid. */
export interface PayableInvoice {
  /** The invoice, canonical. */
  readonly invoice: string;
  /** The same, decoded. */
  readonly decoded: Invoice;
  /** SHA-256 of the canonical invoice, 32 bytes. */
  readonly invoiceHash: Buffer;
  /** 32 bytes. */
  readonly paymentHash: Buffer;
  /** Node id, 33 bytes. */
  readonly payeeId: Buffer;
  /** The same in lower-case hex. */
  readonly payee: string;
  /** Whether the invoice leaves the amount to the payer. */
  readonly amountless: boolean;
  /** Unix milliseconds. */
  readonly expiresAt: number;
  /** Blocks that the payee asks for at the end of the route. */
  readonly minFinalCltv: number;
  /**
   * Why it must not be paid though it is genuine: another amount, or an invoice that cannot be paid. The counter is used
   * up by it (specs/03 §3 steps 5 and 10).
   */
  readonly problem: VerificationError | undefined;
}

export interface VerifyTokenInput<Card extends CardRecord = CardRecord> extends VerifyInvoiceInput {
  /** As received. */
  readonly token: Uint8Array;
  readonly sealKeys: SealKeyLookup;
  /** @param token its signature is not checked yet */
  readonly findCard: (
    cardId: Uint8Array,
    token: OpenedMessage<Authorization>,
  ) => Card | undefined | Promise<Card | undefined>;
}

/** An invoice and who shall pay it. */
export interface VerifyInvoiceInput {
  /** As received; must be canonical. */
  readonly invoice: string;
  readonly signatures: SignatureChecker;
  readonly network: Network;
  /** Unix seconds. */
  readonly now: number;
  /** Payees that the payer cannot pay over Lightning: its own node and its deputies, 33 bytes each. Default none. */
  readonly ownNodes?: readonly Uint8Array[];
  /** Most seconds until the invoice expires. Default any. */
  readonly maxExpirySeconds?: number;
}

/** The generator point, which no card has for its key. */
export const NOBODY = hexToBytes("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");

/**
 * Verifies a token against an invoice and a card record (specs/03 §3). Writes nothing, and knows nothing of counters seen
 * before, limits or balances: those are the ledger's.
 * @returns what is proven; pay only where it names no `problem`
 * @throws VerificationError when the token is not genuine, or not for this invoice
 */
export async function verifyToken<Card extends CardRecord>(
  input: VerifyTokenInput<Card>,
): Promise<VerifiedAuthorization<Card>> {
  const { token, sealKeys, findCard, signatures } = input;
  // 1. The invoice: canonical and well formed.
  const unchecked = canonicalInvoice(input.invoice);
  // 2. The token: its size, type and key set, before any cryptography is spent on it.
  const opened = openedToken(token, sealKeys);
  // 3. The card, and both signatures. An unknown card, a wrong signature and content that no card writes have one answer
  // and cost the same (specs/02 §5).
  const record = opened && (await findCard(opened.fields.cardId, opened));
  const { payee, signed } = await signatures.check({
    invoice: unchecked.signed,
    token: opened ?? { digest: token.subarray(0, 32), signature: token.subarray(-64) },
    signer: record?.publicKey ?? NOBODY,
  });
  const invoice = wellFormed(() => checkedInvoice(unchecked, payee));
  if (!opened || !record || !signed || !samePublicBytes(record.keySetId, opened.keySetId))
    throw new VerificationError(
      "token-not-genuine",
      REASON.TOKEN_NOT_ACCEPTED,
      "The token was not made by a card of this issuer.",
    );
  // 4. It is for this very invoice.
  const { fields } = opened;
  const other = authorizedProblem(fields, invoice);
  if (other === "other-invoice")
    throw new VerificationError(
      "wrong-invoice",
      REASON.TOKEN_OTHER_INVOICE,
      "The card authorized another invoice.",
      { hint: "Tap the card for this invoice." },
    );
  return {
    kind: "token",
    record,
    card: cardKey(fields.cardId),
    counter: BigInt(fields.counter),
    flags: BigInt(fields.flags),
    pinVerified: (fields.flags & AUTHORIZATION_FLAG.PIN_VERIFIED) !== 0,
    sequence: BigInt(fields.updateSequence),
    amount: fields.amount,
    total: fields.authorizedTotal,
    signature: blob(opened.signature),
    message: blob(opened.clear),
    // 5. It is for exactly its amount, and it can be paid.
    ...payableInvoice(
      invoice,
      blob(fields.invoiceHash),
      other ? amountProblem(fields, invoice) : payableProblem(invoice, input),
    ),
  };
}

/** What is checked of the other signature where there is none: it costs the same. */
const NO_TOKEN = { digest: new Uint8Array(32), signature: new Uint8Array(64) };

/**
 * Verifies an invoice for which nobody signed an authorization: that of a Bolt Card's reading (specs/10 §7.4).
 * @returns what it says; pay only where it names no `problem`
 * @throws VerificationError `invoice-malformed`
 */
export async function verifyInvoice(input: VerifyInvoiceInput): Promise<PayableInvoice> {
  const unchecked = canonicalInvoice(input.invoice);
  const { payee } = await input.signatures.check({
    invoice: unchecked.signed,
    token: NO_TOKEN,
    signer: NOBODY,
  });
  const invoice = wellFormed(() => checkedInvoice(unchecked, payee));
  return payableInvoice(invoice, blob(canonicalHash(invoice.text)), payableProblem(invoice, input));
}

/** @throws VerificationError `invoice-malformed` */
const canonicalInvoice = (text: string) =>
  wellFormed(() => {
    const parsed = parseInvoice(text);
    expectCanonical(text, parsed.text);
    return parsed;
  });

function payableInvoice(
  invoice: Invoice,
  invoiceHash: Buffer,
  problem: VerificationError | undefined,
): PayableInvoice {
  const payeeId = blob(invoice.payee);
  return {
    invoice: invoice.text,
    decoded: invoice,
    invoiceHash,
    paymentHash: blob(invoice.paymentHash),
    payeeId,
    payee: payeeId.toString("hex"),
    amountless: invoice.amount === undefined,
    expiresAt: invoice.expiresAt * 1000,
    minFinalCltv: invoice.minFinalCltv,
    problem,
  };
}

/** @throws VerificationError `invoice-malformed` */
function wellFormed<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw new VerificationError("invoice-malformed", REASON.INVOICE_MALFORMED, cause.message, { cause });
  }
}

/** @throws VerificationError `token-malformed` */
function openedToken(token: Uint8Array, sealKeys: SealKeyLookup): OpenedMessage<Authorization> | undefined {
  try {
    return openToken(token, sealKeys);
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw new VerificationError("token-malformed", REASON.TOKEN_NOT_ACCEPTED, cause.message, { cause });
  }
}

function amountProblem(fields: Authorization, invoice: Invoice): VerificationError {
  return new VerificationError(
    "wrong-amount",
    REASON.TOKEN_OTHER_AMOUNT,
    `amount: the card authorized ${fields.amount} msat, the invoice asks for ${invoice.amount} msat`,
    { hint: "The terminal told the card another amount than the invoice's; do not pay." },
  );
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

/** Whether an invoice without an amount, or one that expires soon, is paid is for the policy. */
function payableProblem(
  invoice: Invoice,
  { network, now, ownNodes = [], maxExpirySeconds = Infinity }: VerifyInvoiceInput,
): VerificationError | undefined {
  const unpayable = (reason: number, message: string, cause?: InvoiceError) =>
    new VerificationError("invoice-unpayable", reason, message, {
      cause,
      ...(cause?.hint ? { hint: cause.hint } : {}),
    });
  const problem = invoiceProblem(invoice, { network, now, allowAmountless: true });
  if (problem) return unpayable(REASON_OF[problem.code], problem.message, problem);
  // A route hint that begins at our node does not make its payee our own: shops with a private channel to us have the
  // same hint, so deputies are known by their ids alone.
  if (ownNodes.some((id) => samePublicBytes(id, invoice.payee)))
    return unpayable(REASON.PAYEE_IS_PAYER, "its payee is the payer's own node");
  // It would keep its money reserved for as long when its outcome stays unknown.
  return invoice.expiresAt > now + maxExpirySeconds
    ? unpayable(REASON.INVOICE_EXPIRES_LATE, "expires too late")
    : undefined;
}
