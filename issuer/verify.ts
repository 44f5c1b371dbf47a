import {
  AUTHORIZATION_FLAG,
  type Authorization,
  authorizationMessage,
  MESSAGE_TYPE,
  type OpenedMessage,
  readFrame,
  type SealKeyLookup,
  verifySignature,
} from "../apdu/index.js";
import {
  CodedError,
  concatBytes,
  equalBytes,
  type Msat,
  ParseError,
  type Secp256k1,
  secp256k1,
} from "../common/index.js";
import {
  canonicalInvoice,
  decodeInvoice,
  type Invoice,
  InvoiceError,
  invoiceHash,
  invoiceProblem,
} from "../lightning/bolt11/index.js";
import type { Network } from "../lightning/network.js";

/** What the issuer knows of a card and a verifier needs. */
export interface CardRecord {
  /** 8 bytes. */
  readonly cardId: Uint8Array;
  /** The card's public key, 33 or 65 bytes. */
  readonly publicKey: Uint8Array;
  /** The key set that the card was personalized with, 4 bytes. */
  readonly keySetId: Uint8Array;
}

export type VerificationErrorCode =
  /** The invoice is no BOLT 11 invoice in canonical form, or its own signature is wrong. */
  | "invoice-malformed"
  /** The invoice is for another network, expired, without an amount, or asks for unknown features. */
  | "invoice-unpayable"
  /** The token does not have the form of one, or its key set is unknown. */
  | "token-malformed"
  /** The card is unknown, or it did not sign this token: one code for both, on purpose. */
  | "token-not-genuine"
  /** The token is for another invoice. */
  | "wrong-invoice"
  /** The token is for this invoice but another amount. */
  | "wrong-amount";

/** A token that must not be paid. The message never holds the token. */
export class VerificationError extends CodedError<VerificationErrorCode> {}

/** What is proven once a token verifies. */
export interface TokenFacts {
  readonly cardId: Uint8Array;
  readonly counter: number;
  readonly pinVerified: boolean;
  /** Low 24 bits of the sequence of the last update that took effect on the card. */
  readonly updateSequence: number;
  readonly amount: Msat;
  /** Everything that the card ever authorized, this amount included. */
  readonly authorizedTotal: Msat;
  /** SHA-256 of the canonical invoice, 32 bytes. */
  readonly invoiceHash: Uint8Array;
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
  /** Node id, 33 bytes. */
  readonly payee: Uint8Array;
  /** Unix seconds. */
  readonly expiresAt: number;
  /**
   * The signed bytes without the update sequence, 61: what two tokens of one counter must agree in. A repeated
   * answer carries the sequence that stands when it is given (specs/01 §6.5).
   */
  readonly statement: Uint8Array;
}

export interface VerifyTokenInput {
  /** As received. */
  readonly token: Uint8Array;
  /** As received; must be canonical. */
  readonly invoice: string;
  readonly sealKeys: SealKeyLookup;
  readonly findCard: (cardId: Uint8Array) => CardRecord | undefined;
  readonly network: Network;
  /** Unix seconds. */
  readonly now: number;
  readonly minRemainingSeconds?: number;
  readonly backend?: Secp256k1;
}

/** The generator point. */
const NOBODY = secp256k1.publicKey(new Uint8Array(32).fill(1, 31));

/**
 * Checks a token against an invoice and a card record and returns what is proven (specs/03 §3). Writes nothing
 * and knows nothing of counters seen before, limits or balances: those are the authorizer's.
 * @throws VerificationError
 */
export function verifyToken(input: VerifyTokenInput): TokenFacts {
  // 1. The invoice: canonical, well formed, signed, for this network, with an amount, not expired.
  const invoice = readInvoice(input);
  // 2. The token: its size, type and key set, before any cryptography of ours is spent on it.
  const opened = openToken(input.token, input.sealKeys, input.backend);
  const card = input.findCard(opened.fields.cardId);
  // 3. to 5.
  return provenFacts(opened, invoice, card, verifySignature(opened, signerOf(card), input.backend));
}

/** Whose signature to check: an unknown card's is checked against nobody's, so that it costs what a known one's does. */
export const signerOf = (card: CardRecord | undefined): Uint8Array => card?.publicKey ?? NOBODY;

/**
 * The checks that need the card record (specs/03 §3, steps 3 to 5).
 * @param card undefined when no card has this id: fails the same as a wrong signature
 * @param signed whether the signature is that of {@link signerOf} the card
 * @throws VerificationError
 */
export function provenFacts(
  opened: OpenedMessage<Authorization>,
  invoice: Invoice,
  card: CardRecord | undefined,
  signed: boolean,
): TokenFacts {
  const { fields } = opened;
  // 3. The card is known, belongs to the key set that sealed the token, and signed it.
  if (!card || !signed || !equalBytes(card.keySetId, opened.keySetId)) throw notGenuine();
  // 4. It is for this very invoice.
  const hash = invoiceHash(invoice.text);
  if (!equalBytes(fields.invoiceHash, hash))
    throw new VerificationError("wrong-invoice", "The card authorized another invoice.", {
      hint: "Tap the card for this invoice.",
    });
  // 5. And for exactly its amount.
  if (fields.amount !== invoice.amount)
    throw new VerificationError(
      "wrong-amount",
      `amount: the card authorized ${fields.amount} msat, the invoice asks for ${invoice.amount} msat`,
      { hint: "The terminal told the card another amount than the invoice's; do not pay." },
    );
  return {
    cardId: fields.cardId,
    counter: fields.counter,
    pinVerified: (fields.flags & AUTHORIZATION_FLAG.PIN_VERIFIED) !== 0,
    updateSequence: fields.updateSequence,
    amount: fields.amount,
    authorizedTotal: fields.authorizedTotal,
    invoiceHash: hash,
    paymentHash: invoice.paymentHash,
    payee: invoice.payee,
    expiresAt: invoice.expiresAt,
    statement: concatBytes(opened.unsigned.subarray(0, 13), opened.unsigned.subarray(16)),
  };
}

/**
 * Opens a token. One whose content no card writes fails like one that no card signed, and costs the same
 * (specs/02 §5).
 * @throws VerificationError `token-malformed`, `token-not-genuine`
 */
export function openToken(
  token: Uint8Array,
  sealKeys: SealKeyLookup,
  backend: Secp256k1 = secp256k1,
): OpenedMessage<Authorization> {
  try {
    const { type, keySetId } = readFrame(token, "token");
    if (type !== MESSAGE_TYPE.AUTHORIZATION) throw new ParseError("token/type", `need 1, have ${type}`);
    if (!sealKeys(keySetId)) throw new ParseError("token/key set", "unknown");
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw new VerificationError("token-malformed", cause.message, { cause });
  }
  try {
    return authorizationMessage.open(token, sealKeys, "token");
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    backend.verify(token.subarray(-64), token.subarray(0, 32), NOBODY);
    throw notGenuine();
  }
}

const notGenuine = (): VerificationError =>
  new VerificationError("token-not-genuine", "The token was not made by a card of this issuer.");

function readInvoice({ invoice: text, network, now, minRemainingSeconds = 0 }: VerifyTokenInput): Invoice {
  try {
    if (canonicalInvoice(text) !== text)
      throw new ParseError("invoice", "not in canonical form: need lower case without lightning:");
    const invoice = decodeInvoice(text);
    const problem = invoiceProblem(invoice, { network, now, minRemainingSeconds });
    if (problem) throw problem;
    return invoice;
  } catch (cause) {
    if (cause instanceof InvoiceError)
      throw new VerificationError("invoice-unpayable", cause.message, {
        cause,
        ...(cause.hint ? { hint: cause.hint } : {}),
      });
    if (cause instanceof ParseError)
      throw new VerificationError("invoice-malformed", cause.message, { cause });
    throw cause;
  }
}
