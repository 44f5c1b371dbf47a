import { bytesToHex } from "../common/bytes.js";

/** Card id as it is printed everywhere: 16 hex digits in groups of four. */
export const formatCardId = (cardId: Uint8Array): string =>
  (bytesToHex(cardId).match(/.{4}/g) ?? []).join("-");
