import { concatBytes, requireLength, u8, u16, utf8 } from "../../common/bytes.js";
import { ParseError, ValueError } from "../../common/errors.js";
import { formatNodeUri, MAX_URI_LENGTH, type NodeUri, parseNodeUri } from "../node-uri.js";
import { readSized } from "../sized-field.js";

/** Types of offline messages (specs/06 §3). */
export const ODT_TYPE = { PREIMAGE: 0x0, PAYMENT_AUTHORIZATION: 0x1 } as const;

/** Longest offline message in bytes, type included: its hex fits one QR code (specs/06 §2). */
export const MAX_ODT_MESSAGE_LENGTH = 2048;
/** Longest authorization token in bytes (specs/08 §2). */
export const MAX_TOKEN_LENGTH = 1024;

/** Proof that a deputy invoice was paid (specs/06 §3.1). */
export interface PreimageMessage {
  readonly kind: "preimage";
  /** 32 bytes. Secret until it is shown to the point of sale. */
  readonly preimage: Uint8Array;
}

/** A token, and the node that pays when it is shown the token (specs/06 §3.2). */
export interface PaymentAuthorizationMessage {
  readonly kind: "payment-authorization";
  readonly uri: NodeUri;
  /** 1..1024 bytes, opaque to everyone but that node. */
  readonly token: Uint8Array;
}

/** A message of a type that this version does not know: kept, so that a caller can warn about it. */
export interface UnknownMessage {
  readonly kind: "unknown";
  /** 0..65535 (0..255 with one-byte types), neither 0 nor 1. */
  readonly type: number;
  readonly payload: Uint8Array;
}

export type OdtMessage = PreimageMessage | PaymentAuthorizationMessage | UnknownMessage;

/** How the type is written. 2 unless both sides agreed on the draft's other reading; never guessed (specs/06 §2). */
export interface OdtFraming {
  readonly typeLength?: 1 | 2;
}

/**
 * An offline message as bytes: type, then payload (specs/06 §2).
 * @throws ValueError naming the field
 */
export function encodeOdtMessage(message: OdtMessage, { typeLength = 2 }: OdtFraming = {}): Uint8Array {
  const type = (value: number): Uint8Array =>
    typeLength === 1 ? u8(value, "odt/type") : u16(value, "odt/type");
  if (message.kind === "preimage") {
    requireLength(message.preimage, 32, "odt/preimage");
    return concatBytes(type(ODT_TYPE.PREIMAGE), message.preimage);
  }
  if (message.kind === "payment-authorization") {
    const uri = utf8(formatNodeUri(message.uri));
    const { token } = message;
    if (token.length < 1 || token.length > MAX_TOKEN_LENGTH)
      throw new ValueError("odt/token", `need 1 to ${MAX_TOKEN_LENGTH} bytes, have ${token.length}`);
    return concatBytes(type(ODT_TYPE.PAYMENT_AUTHORIZATION), u16(uri.length), uri, u16(token.length), token);
  }
  if (message.type === ODT_TYPE.PREIMAGE || message.type === ODT_TYPE.PAYMENT_AUTHORIZATION)
    throw new ValueError("odt/type", `${message.type} is a known type`);
  const bytes = concatBytes(type(message.type), message.payload);
  if (bytes.length > MAX_ODT_MESSAGE_LENGTH)
    throw new ValueError("odt", `need at most ${MAX_ODT_MESSAGE_LENGTH} bytes, have ${bytes.length}`);
  return bytes;
}

/**
 * Reads one offline message. An unknown type is no error (the draft: "MUST not break"); a known type that does not
 * fill its bytes exactly is one.
 * @throws ParseError naming the field; never with the preimage or the token in it
 */
export function decodeOdtMessage(bytes: Uint8Array, { typeLength = 2 }: OdtFraming = {}): OdtMessage {
  if (bytes.length > MAX_ODT_MESSAGE_LENGTH)
    throw new ParseError("odt", `need at most ${MAX_ODT_MESSAGE_LENGTH} bytes, have ${bytes.length}`);
  if (bytes.length < typeLength)
    throw new ParseError("odt/type", `need ${typeLength} bytes, have ${bytes.length}`);
  const [first = 0, second = 0] = bytes;
  const type = typeLength === 1 ? first : (first << 8) | second;
  const payload = bytes.slice(typeLength);
  if (type === ODT_TYPE.PREIMAGE) {
    if (payload.length !== 32) throw new ParseError("odt/preimage", `need 32 bytes, have ${payload.length}`);
    return { kind: "preimage", preimage: payload };
  }
  if (type === ODT_TYPE.PAYMENT_AUTHORIZATION) return readPaymentAuthorization(payload);
  return { kind: "unknown", type, payload };
}

function readPaymentAuthorization(payload: Uint8Array): PaymentAuthorizationMessage {
  const uri = readSized(payload, 0, MAX_URI_LENGTH, "odt/uri");
  const token = readSized(payload, uri.next, MAX_TOKEN_LENGTH, "odt/token");
  if (token.next !== payload.length)
    throw new ParseError("odt", `${payload.length - token.next} bytes too many`);
  return {
    kind: "payment-authorization",
    uri: parseNodeUri(Buffer.from(uri.value).toString("latin1"), "odt/uri"),
    token: token.value,
  };
}
