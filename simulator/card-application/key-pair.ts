import { secp256k1, ValueError } from "../../common/index.js";
import type { CardState } from "./state.js";

/** A random number that is no key is as likely as guessing one; a second one in a row is a broken generator. */
export function newSecretKey(random: (length: number) => Uint8Array): Uint8Array {
  const key = [random(32), random(32)].find((candidate) => secp256k1.isSecretKey(candidate));
  if (!key) throw new ValueError("entropy", "need random bytes that can be a key");
  return key;
}

/** True when the card has made its key. */
export const hasKeyPair = (state: CardState): boolean => state.point.u8() === 0x04;
