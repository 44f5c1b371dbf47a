import { expectLength } from "../common/bytes.js";
import { ParseError, ValueError } from "../common/errors.js";

export const PIN_BLOCK_LENGTH = 8;
const PIN = /^\d{4,12}$/;

/**
 * ISO 9564 format 2: nibbles 2, length, digits, filled with F (specs/01 §6.3).
 * @param pin 4 to 12 digits; refused before any card sees it. The error never holds it.
 * @throws ValueError
 */
export function encodePinBlock(pin: string): Uint8Array {
  if (!PIN.test(pin)) {
    const problem = /^\d*$/.test(pin) ? `${pin.length} digits` : "other characters";
    throw new ValueError("PIN", `need 4 to 12 digits, have ${problem}`);
  }
  const nibbles = `2${pin.length.toString(16)}${pin}`.padEnd(2 * PIN_BLOCK_LENGTH, "f");
  return Uint8Array.from(Buffer.from(nibbles, "hex"));
}

/** The PIN of a well-formed block. @throws ParseError, without a digit in it */
export function decodePinBlock(block: Uint8Array, path = "PIN block"): string {
  expectLength(block, PIN_BLOCK_LENGTH, path);
  const found = /^2([4-9a-c])(\d+)(f*)$/.exec(Buffer.from(block).toString("hex"));
  const digits = found?.[2] ?? "";
  if (!found || digits.length !== Number.parseInt(found[1] ?? "", 16))
    throw new ParseError(path, "not in ISO 9564 format 2");
  return digits;
}
