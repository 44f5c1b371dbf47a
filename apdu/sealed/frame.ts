import { expectLength } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";
import {
  IV_LENGTH,
  KEY_SET_ID_LENGTH,
  MESSAGE_TYPE,
  type MessageType,
  SEALED_MESSAGE_LENGTH,
} from "../constants.js";

/** What the types of sealed messages are called. */
export const MESSAGE_NAMES: Readonly<Record<MessageType, string>> = {
  [MESSAGE_TYPE.AUTHORIZATION]: "authorization",
  [MESSAGE_TYPE.STATUS]: "status",
  [MESSAGE_TYPE.UPDATE]: "update",
  [MESSAGE_TYPE.CERTIFICATE]: "certificate",
};

/** The clear frame of a sealed message (specs/02 §1), over its bytes. */
export interface SealedFrame {
  readonly type: MessageType;
  /** 4 bytes. */
  readonly keySetId: Uint8Array;
  /** 16 bytes. */
  readonly iv: Uint8Array;
  /** 128 bytes, AES-128-CBC. */
  readonly sealed: Uint8Array;
}

/**
 * Reads the clear frame. Needs no key.
 * @throws ParseError when it is not 149 bytes or of an unknown type
 */
export function readFrame(bytes: Uint8Array, path = "sealed message"): SealedFrame {
  expectLength(bytes, SEALED_MESSAGE_LENGTH, path);
  const type = bytes[0] as MessageType;
  if (!(type in MESSAGE_NAMES)) throw new ParseError(`${path}/type`, `need 01 to 04, have ${type}`);
  const ivAt = 1 + KEY_SET_ID_LENGTH;
  const bodyAt = ivAt + IV_LENGTH;
  return {
    type,
    keySetId: bytes.subarray(1, ivAt),
    iv: bytes.subarray(ivAt, bodyAt),
    sealed: bytes.subarray(bodyAt),
  };
}
