import { createHash } from "node:crypto";
import { CARD_AID, ISSUER_SECURITY_DOMAIN_AID } from "../../../apdu/index.js";
import { kdf3 } from "../../../keys/index.js";
import { blankCard, type DomainOptions, type SimulatedCard } from "../../../simulator/index.js";
import { bytes } from "../card/bytes.js";
import { named } from "../card/material.js";

/** Master key and serial number of the cards of the sessions. Public: never for use. */
export const MASTER_KEY = named("card master key", 16);
export const SERIAL = bytes("0a0b01020304");
export const KEY_VERSION = 0x30;
export const NEXT_VERSION = 0x31;

/** Random bytes that are the same at every run: SHA-256 of the name and a counter. */
export function fixedRandom(name: string): (length: number) => Uint8Array {
  let counter = 0;
  return (length) => {
    const parts: Buffer[] = [];
    for (let at = 0; at < length; at += 32)
      parts.push(createHash("sha256").update(`chequecard vectors: ${name} ${counter++}`).digest());
    return Uint8Array.from(Buffer.concat(parts).subarray(0, length));
  };
}

export const keysOf = (version: number, diversification: Uint8Array) =>
  kdf3(version, Uint8Array.from(MASTER_KEY), diversification);

/** A blank card whose random numbers are fixed. */
export function vectorCard(options: DomainOptions): SimulatedCard {
  const keys = (diversification: Uint8Array) => keysOf(KEY_VERSION, diversification);
  const entropy = fixedRandom("card entropy");
  return blankCard({ serial: SERIAL, keys, ...options }, { entropy });
}

export const AIDS = { application: CARD_AID, domain: ISSUER_SECURITY_DOMAIN_AID } as const;
