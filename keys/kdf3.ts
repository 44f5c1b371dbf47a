import { cmac } from "@noble/ciphers/aes.js";
import { requireLength } from "../common/index.js";
import { type CardStaticKeys, DIVERSIFICATION_DATA_LENGTH } from "./key-source.js";

/** Constants of the three static keys in the derivation (specs/04 §3). */
export const KDF3_PURPOSE = { ENC: 1, MAC: 2, DEK: 3 } as const;

/**
 * The 16 bytes whose AES-CMAC under the master key is one static key: the counter `01` of the KDF in counter
 * mode (NIST SP 800-108), `00 00 00` purpose, `00`, the card's diversification data. This is the derivation that
 * GlobalPlatformPro calls `kdf3`, so its users get the same keys.
 * @param diversification 10 bytes
 */
export function kdf3Input(purpose: number, diversification: Uint8Array): Uint8Array {
  requireLength(diversification, DIVERSIFICATION_DATA_LENGTH, "diversification data");
  const input = new Uint8Array(16);
  input.set([0x01, 0x00, 0x00, 0x00, purpose, 0x00]);
  input.set(diversification, 6);
  return input;
}

/**
 * Static keys of one card from an AES-128 master key (specs/04 §3).
 * @param master 16 bytes; @param diversification 10 bytes
 */
export function kdf3(version: number, master: Uint8Array, diversification: Uint8Array): CardStaticKeys {
  requireLength(master, 16, "master key");
  const derive = (purpose: number) => cmac(kdf3Input(purpose, diversification), master);
  return {
    version,
    enc: derive(KDF3_PURPOSE.ENC),
    mac: derive(KDF3_PURPOSE.MAC),
    dek: derive(KDF3_PURPOSE.DEK),
  };
}

/** The same key three times, for cards that are delivered with one undiversified key. */
export function undiversified(version: number, master: Uint8Array): CardStaticKeys {
  requireLength(master, 16, "master key");
  return { version, enc: master.slice(), mac: master.slice(), dek: master.slice() };
}
