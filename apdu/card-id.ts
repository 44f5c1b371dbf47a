import { bytesToHex, hexToBytes } from "../common/bytes.js";

/** Card id as it is printed everywhere, in `--json` too: 16 hex digits in groups of four. */
export const formatCardId = (cardId: Uint8Array): string =>
  (bytesToHex(cardId).match(/.{4}/g) ?? []).join("-");

/** The 8 bytes of a card id as people write it: with or without dashes, in either case; undefined for another text. */
export function readCardId(text: string): Uint8Array | undefined {
  const hex = text.trim().replaceAll("-", "");
  return /^[0-9a-f]{16}$/i.test(hex) ? hexToBytes(hex) : undefined;
}
