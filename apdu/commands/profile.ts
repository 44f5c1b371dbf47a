import { ParseError } from "../../common/errors.js";
import {
  CAPABILITY,
  LIFECYCLE,
  type LifecycleByte,
  MAX_NODE_URI_LENGTH,
  PROTOCOL_MAJOR,
} from "../constants.js";
import { fixedLayout, limitField, reservedField, uintField } from "../layout.js";

/** The profile data object C1, 32 bytes (specs/01 §4). */
const layout = fixedLayout("profile", {
  major: uintField(1),
  minor: uintField(1),
  lifecycle: uintField(1),
  capabilities: uintField(1),
  reserved: reservedField(4),
  available: limitField,
  maxPerTransaction: limitField,
  pinThreshold: limitField,
});

/** What a card says of itself in clear; a value that it does not publish is undefined. Nothing here is signed. */
export interface CardProfile {
  readonly major: number;
  readonly minor: number;
  readonly lifecycle: LifecycleByte;
  readonly pinSet: boolean;
  /** Millisatoshi that may still be spent. */
  readonly available: bigint | undefined;
  /** Millisatoshi; NO_LIMIT when there is none. */
  readonly maxPerTransaction: bigint | undefined;
  /** Millisatoshi above which the PIN is needed; NO_LIMIT when never. */
  readonly pinThreshold: bigint | undefined;
}

const published = (capabilities: number, bit: number, value: bigint): bigint | undefined =>
  capabilities & bit ? value : undefined;

/** @throws ParseError: length, lifecycle byte, a major version that this code does not speak */
export function decodeProfile(bytes: Uint8Array, path = "profile"): CardProfile {
  const raw = layout.decode(bytes, path);
  if (raw.major !== PROTOCOL_MAJOR)
    throw new ParseError(`${path}/major`, `need protocol version ${PROTOCOL_MAJOR}, have ${raw.major}`, {
      hint: "The card speaks another version of the protocol; update this software.",
    });
  // After the version: another major version may have other states (specs/01 §4.2).
  const lifecycle = raw.lifecycle as LifecycleByte;
  if (!Object.values(LIFECYCLE).includes(lifecycle))
    throw new ParseError(
      `${path}/lifecycle`,
      `need 01, 0F or 8F, have ${lifecycle.toString(16).padStart(2, "0")}`,
    );
  return {
    major: raw.major,
    minor: raw.minor,
    lifecycle,
    pinSet: (raw.capabilities & CAPABILITY.PIN_SET) !== 0,
    available: published(raw.capabilities, CAPABILITY.AVAILABLE_PUBLISHED, raw.available),
    maxPerTransaction: published(
      raw.capabilities,
      CAPABILITY.MAX_PER_TRANSACTION_PUBLISHED,
      raw.maxPerTransaction,
    ),
    pinThreshold: published(raw.capabilities, CAPABILITY.PIN_THRESHOLD_PUBLISHED, raw.pinThreshold),
  };
}

const PRINTABLE = /^[\x21-\x7e]+$/;

/** The node URI as text. Its form `pubkey@host:port` is judged by who dials it. @throws ParseError */
export function decodeNodeUri(bytes: Uint8Array, path = "node URI"): string {
  if (bytes.length === 0 || bytes.length > MAX_NODE_URI_LENGTH)
    throw new ParseError(path, `need 1 to ${MAX_NODE_URI_LENGTH} bytes, have ${bytes.length}`);
  const text = Buffer.from(bytes).toString("latin1");
  if (!PRINTABLE.test(text)) throw new ParseError(path, "need printable ASCII without spaces");
  return text;
}
