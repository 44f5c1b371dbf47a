import { equalBytes } from "../../common/bytes.js";
import { CodedError, ParseError } from "../../common/errors.js";
import { formatMsat, type Msat } from "../../common/msat.js";
import { secp256k1 } from "../../common/secp256k1/index.js";
import { CARD_ID_LENGTH, COMPRESSED_POINT_LENGTH, MESSAGE_TYPE } from "../constants.js";
import { amountField, bytesField, fixedLayout, flagsField, reservedField, uintField } from "../layout.js";
import { readFrame } from "./frame.js";
import { type SealKeyLookup, sealedMessage } from "./message.js";
import { verifySignature } from "./signature.js";

/** The 64 unsigned bytes of a certificate (specs/02 §3.4). */
const layout = fixedLayout("certificate", {
  cardId: bytesField(CARD_ID_LENGTH),
  /** The card's key, 33 bytes: tokens of this card are verified with it. */
  cardPoint: bytesField(COMPRESSED_POINT_LENGTH),
  /** No flag has a meaning yet. */
  flags: flagsField(0),
  /** Last second in which the certificate is valid, Unix time. */
  validUntilSeconds: uintField(4),
  /** Most that one authorization may be for to be accepted offline, msat; 0: none is accepted. */
  offlineLimit: amountField,
  reserved: reservedField(10),
});

/** What a certificate says. */
export type CardCertificate = ReturnType<typeof layout.decode>;

/** Certificate: the issuer's statement that a key is one of its cards'. Signed by the issuer key of the key set. */
export const certificateMessage = sealedMessage(MESSAGE_TYPE.CERTIFICATE, layout, (fields, path) => {
  if (!secp256k1.isPublicKey(fields.cardPoint))
    throw new ParseError(`${path}/cardPoint`, "need a compressed point of secp256k1");
});

/** The same for a reader that decompresses the card point, which finds out whether it is one. */
const uncheckedPoint = sealedMessage(MESSAGE_TYPE.CERTIFICATE, layout);

export type CertificateErrorCode =
  /** Not the form of a certificate, or of a key set that is not known. */
  | "certificate-malformed"
  /** The issuer did not sign it, or it says what no issuer writes: one code for both, on purpose. */
  | "certificate-not-genuine"
  /** It is another card's than the token. */
  | "certificate-of-another-card"
  | "certificate-expired"
  /** The token is for more than the certificate lets be accepted offline. */
  | "above-offline-limit";

/** Why a certificate must not be relied upon. */
export class CertificateError extends CodedError<CertificateErrorCode> {}

/** What a reader of certificates knows of each key set. */
export interface CertificateKeys {
  readonly sealKeys: SealKeyLookup;
  /** Who signs the certificates of a key set, 33 or 65 bytes. */
  readonly issuerPoint: (keySetId: Uint8Array) => Uint8Array | undefined;
}

/** A genuine certificate. */
export interface VerifiedCertificate extends CardCertificate {
  /** 4 bytes. */
  readonly keySetId: Uint8Array;
  /** The card point uncompressed, 65 bytes: tokens of this card are verified with it. */
  readonly cardKey: Uint8Array;
}

/**
 * Opens a certificate and verifies that the issuer signed it (specs/09 §2, steps 1 to 6). Whether it is valid for a token and
 * now: {@link certificateProblem}.
 * @param bytes as the card answered
 * @throws CertificateError `certificate-malformed`, `certificate-not-genuine`
 */
export function verifyCertificate(bytes: Uint8Array, keys: CertificateKeys): VerifiedCertificate {
  const issuerPoint = issuerOf(bytes, keys);
  // What is opened is not authenticated: wrong content and a wrong signature have one answer (specs/02 §5).
  const opened = openedOrNothing(bytes, keys.sealKeys);
  if (!opened || !verifySignature(opened, issuerPoint))
    throw new CertificateError(
      "certificate-not-genuine",
      "The card's certificate was not made by this issuer.",
      { hint: "Do not hand anything out for this card without a connection." },
    );
  return { ...opened.fields, keySetId: opened.keySetId, cardKey: opened.cardKey };
}

/** @throws CertificateError `certificate-malformed` */
function issuerOf(bytes: Uint8Array, { sealKeys, issuerPoint }: CertificateKeys): Uint8Array {
  try {
    const { type, keySetId } = readFrame(bytes, "certificate");
    if (type !== MESSAGE_TYPE.CERTIFICATE) throw new ParseError("certificate/type", `need 4, have ${type}`);
    const point = issuerPoint(keySetId);
    if (!point || !sealKeys(keySetId)) throw new ParseError("certificate/key set", "unknown");
    return point;
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw new CertificateError("certificate-malformed", cause.message, { cause });
  }
}

function openedOrNothing(bytes: Uint8Array, sealKeys: SealKeyLookup) {
  try {
    const { fields, keySetId, signature, digest } = uncheckedPoint.open(bytes, sealKeys);
    return { fields, keySetId, signature, digest, cardKey: secp256k1.convert(fields.cardPoint, false) };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return undefined;
  }
}

/** What a certificate is held against. */
export interface CertifiedAuthorization {
  /** 8 bytes. */
  readonly cardId: Uint8Array;
  /** 4 bytes. */
  readonly keySetId: Uint8Array;
  readonly amount: Msat;
}

/**
 * Why a genuine certificate does not let this authorization be accepted offline at `nowSeconds` (specs/09 §2, steps 7 to 9); undefined
 * where it does. The token's signature is the caller's to verify, with the certificate's card point.
 */
export function certificateProblem(
  certificate: Omit<VerifiedCertificate, "cardKey">,
  authorization: CertifiedAuthorization,
  nowSeconds: number,
): CertificateError | undefined {
  const { cardId, keySetId, amount } = authorization;
  if (!equalBytes(certificate.cardId, cardId) || !equalBytes(certificate.keySetId, keySetId))
    return new CertificateError("certificate-of-another-card", "The certificate is another card's.");
  if (nowSeconds > certificate.validUntilSeconds)
    return new CertificateError(
      "certificate-expired",
      `The card's certificate ended at ${new Date(certificate.validUntilSeconds * 1000).toISOString()}.`,
      {
        hint: "With a connection the card pays as before. Look at this device's clock if the date lies ahead.",
      },
    );
  return amount > certificate.offlineLimit
    ? new CertificateError(
        "above-offline-limit",
        `This card may pay at most ${formatMsat(certificate.offlineLimit)} without a connection, this sale is ${formatMsat(amount)}.`,
      )
    : undefined;
}
