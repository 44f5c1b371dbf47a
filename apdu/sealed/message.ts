import { concatBytes, requireLength } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";
import {
  IV_LENGTH,
  KEY_SET_ID_LENGTH,
  type MessageType,
  SEAL_KEY_LENGTH,
  SEALED_BODY_LENGTH,
  SIGNATURE_LENGTH,
} from "../constants.js";
import type { FixedLayout } from "../layout.js";
import { BodyOpener, frameSealed, openBody, sealBody, signedDigest } from "./crypto.js";
import { MESSAGE_NAMES, readFrame } from "./frame.js";

/** In {@link OpenedMessage.clear}. */
const BODY_AT = 1 + KEY_SET_ID_LENGTH;
const SIGNATURE_AT = BODY_AT + SEALED_BODY_LENGTH - SIGNATURE_LENGTH;

const withArticle = (type: MessageType): string =>
  `${/^[au]/.test(MESSAGE_NAMES[type]) ? "an" : "a"} ${MESSAGE_NAMES[type]}`;

/** An opened message: nothing in it is proven until its signature is verified. */
export interface OpenedMessage<T> {
  readonly keySetId: Uint8Array;
  readonly fields: T;
  /** r || s, 64 bytes. */
  readonly signature: Uint8Array;
  /** The body without its signature, 64 bytes: equal bodies are the same statement of the card. */
  readonly unsigned: Uint8Array;
  /** What the signature is over, 32 bytes. */
  readonly digest: Uint8Array;
  /** Type, key set id and clear body, 133 bytes: all of it, to be kept as evidence. */
  readonly clear: Uint8Array;
}

/** The AES key of a key set (16 bytes) or what opens under it, or undefined where the key set is unknown. */
export type SealKeyLookup = (keySetId: Uint8Array) => Uint8Array | BodyOpener | undefined;

/** The two directions of one message type over its body layout. */
export interface SealedMessageCodec<T> {
  readonly type: MessageType;
  /** The digest that a signer elsewhere (HSM) has to sign, 32 bytes, and the 64 bytes it stands for. */
  digest(fields: T, keySetId: Uint8Array): { readonly digest: Uint8Array; readonly unsigned: Uint8Array };
  /** Opens a message of this type. @throws ParseError: length, type, unknown key set, field out of range */
  open(bytes: Uint8Array, sealKeys: SealKeyLookup, path?: string): OpenedMessage<T>;
}

/** Seals a clear body under a fresh IV (specs/02 §1). @returns 149 bytes @throws ValueError */
export function seal(
  type: MessageType,
  keySetId: Uint8Array,
  sealKey: Uint8Array,
  iv: Uint8Array,
  body: Uint8Array,
): Uint8Array {
  requireLength(keySetId, KEY_SET_ID_LENGTH, "key set id");
  requireLength(sealKey, SEAL_KEY_LENGTH, "seal key");
  requireLength(iv, IV_LENGTH, "IV");
  requireLength(body, SEALED_BODY_LENGTH, "body");
  return frameSealed(type, keySetId, iv, sealBody(sealKey, iv, body));
}

/**
 * Makes the codec of one message type from the layout of its 64 unsigned bytes.
 * @param check refuses fields that contradict each other (specs/02 §3); throws ParseError
 */
export function sealedMessage<T>(
  type: MessageType,
  layout: FixedLayout<T>,
  check: (fields: T, path: string) => void = () => {},
): SealedMessageCodec<T> {
  const digestOf = (fields: T, keySetId: Uint8Array) => {
    requireLength(keySetId, KEY_SET_ID_LENGTH, "key set id");
    const unsigned = layout.encode(fields);
    return { digest: signedDigest(type, keySetId, unsigned), unsigned };
  };
  return {
    type,
    digest: digestOf,
    open(bytes, sealKeys, path = MESSAGE_NAMES[type]) {
      const frame = readFrame(bytes, path);
      if (frame.type !== type)
        throw new ParseError(`${path}/type`, `need ${withArticle(type)}, have ${withArticle(frame.type)}`);
      const key = sealKeys(frame.keySetId);
      if (!key) throw new ParseError(`${path}/key set`, "unknown");
      const { iv, sealed } = frame;
      const body = key instanceof BodyOpener ? key.open(iv, sealed) : openBody(key, iv, sealed);
      const clear = concatBytes(Uint8Array.of(type), frame.keySetId, body);
      const unsigned = clear.subarray(BODY_AT, SIGNATURE_AT);
      const fields = layout.decode(unsigned, path);
      check(fields, path);
      return {
        keySetId: clear.subarray(1, BODY_AT),
        fields,
        signature: clear.subarray(SIGNATURE_AT),
        unsigned,
        digest: signedDigest(type, frame.keySetId, unsigned),
        clear,
      };
    },
  };
}
