import { concatBytes } from "../../common/bytes.js";
import { secp256k1 } from "../../common/secp256k1/index.js";
import type { Secp256k1, SignOptions } from "../../common/secp256k1/interface.js";
import type { OpenedMessage, SealedMessageCodec } from "./message.js";

/** Signs the fields and returns the clear body, 128 bytes. @throws ValueError */
export function signMessage<T>(
  codec: Pick<SealedMessageCodec<T>, "digest">,
  fields: T,
  keySetId: Uint8Array,
  secretKey: Uint8Array,
  options?: SignOptions,
): Uint8Array {
  const { digest, unsigned } = codec.digest(fields, keySetId);
  return concatBytes(unsigned, secp256k1.sign(digest, secretKey, options));
}

/**
 * True when the opened message was signed with `publicKey` (33 or 65 bytes). High s is accepted: cards make it.
 * @param backend the secp256k1 backend; default the fastest of this machine
 */
export function verifySignature(
  opened: Pick<OpenedMessage<unknown>, "signature" | "digest">,
  publicKey: Uint8Array,
  backend: Secp256k1 = secp256k1,
): boolean {
  return backend.verify(opened.signature, opened.digest, publicKey);
}
