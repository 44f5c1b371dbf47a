import { ascii, join } from "../../../reference/bytes.js";
import { blankCard, type Card, diversificationOf } from "../../../reference/card/state.js";
import { sha256 } from "../../../reference/crypto.js";
import { kdf3, type StaticKeys } from "../../../reference/scp03.js";
import { bytes } from "../card/bytes.js";
import { named } from "../card/material.js";

/** Master key and serial number of the cards of the sessions. Public: never for use. */
export const MASTER_KEY = named("card master key", 16);
export const SERIAL = bytes("0a0b01020304");
export const KEY_VERSION = 0x30;
export const NEXT_VERSION = 0x31;
/** Version of the keys that cards leave the factory with. */
export const FACTORY_VERSION = 0xff;

/** Random bytes that are the same at every run: SHA-256 of the name and a counter. */
export function fixedRandom(name: string): (length: number) => Buffer {
  let counter = 0;
  return (length) => {
    const parts: Buffer[] = [];
    for (let at = 0; at < length; at += 32)
      parts.push(sha256(ascii(`chequecard vectors: ${name} ${counter++}`)));
    return join(...parts).subarray(0, length);
  };
}

/** The version does not go into KDF3: two versions differ in their master key, if at all. */
export const keysOf = (diversification: Uint8Array): StaticKeys => kdf3(MASTER_KEY, diversification);

/** A blank card of the sessions. @param i S8 or S16, pseudo-random or random challenges; `60` protects responses */
export function vectorCard(i: number, version = KEY_VERSION): Card {
  const serial = SERIAL.toString("hex");
  const keys = keysOf(diversificationOf({ serial }));
  return blankCard({ serial, i, slots: [{ version, ...keys, sequence: 0 }] });
}
