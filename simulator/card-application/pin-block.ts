import { SW } from "../../apdu/status-words.js";
import { IsoError } from "../runtime/errors.js";
import { PIN_BLOCK_LENGTH } from "./state.js";

const MIN_DIGITS = 4;
const MAX_DIGITS = 12;
const FILLER = 0xf;

/** True for 8 bytes in ISO 9564 format 2 (specs/01 §6.3). */
export function isPinBlock(block: Uint8Array): boolean {
  const [head = 0] = block;
  const digits = head & 0x0f;
  if (block.length !== PIN_BLOCK_LENGTH || head >> 4 !== 2) return false;
  if (digits < MIN_DIGITS || digits > MAX_DIGITS) return false;
  for (let i = 0; i < 2 * (PIN_BLOCK_LENGTH - 1); i++) {
    const byte = block[1 + (i >> 1)] ?? 0;
    const nibble = i % 2 === 0 ? byte >> 4 : byte & 0x0f;
    if (i < digits ? nibble > 9 : nibble !== FILLER) return false;
  }
  return true;
}

/** @throws IsoError 6A80 unless `block` is a PIN block */
export function requirePinBlock(block: Uint8Array): void {
  if (!isPinBlock(block)) throw new IsoError(SW.WRONG_DATA);
}
