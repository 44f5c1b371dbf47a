import { ValueError } from "../common/errors.js";

const PIN_BLOCK_LENGTH = 8;
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
