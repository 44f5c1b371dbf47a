import { ValueError } from "../common/errors.js";
import { type CommandApdu, decodeResponseApdu, encodeCommandApdu } from "./command-apdu.js";
import { CLA } from "./constants.js";
import { SW } from "./status-words.js";
import type { Transport } from "./transport.js";

/** A command whose data may be longer than one short APDU holds. */
export type LongCommand = CommandApdu;

/**
 * Splits a command into a chain (ISO 7816-4 §5.1.1): every APDU but the last has bit 5 of CLA set; Le stands in
 * the last alone. A command of up to `chunk` bytes stays one APDU.
 * @param chunk most data bytes an APDU carries, 1..255
 * @throws ValueError
 */
export function splitChain(long: LongCommand, chunk = 255): CommandApdu[] {
  if (!(chunk >= 1 && chunk <= 255)) throw new ValueError("chunk", `need 1 to 255, have ${chunk}`);
  const parts: CommandApdu[] = [];
  for (let at = 0; at < long.data.length; at += chunk)
    parts.push({
      ...long,
      cla: long.cla | CLA.CHAINED,
      data: long.data.subarray(at, at + chunk),
      le: undefined,
    });
  const last = parts.pop() ?? long;
  return [...parts, { ...last, cla: long.cla, le: long.le }];
}

/**
 * Sends a command as a chain and returns the last response; a link that the card refuses ends the chain and its
 * response is returned.
 * @throws TransportError, ValueError
 */
export async function transmitChain(
  transport: Transport,
  long: LongCommand,
  chunk = 255,
): Promise<Uint8Array> {
  let response = new Uint8Array(0);
  for (const part of splitChain(long, chunk)) {
    response = Uint8Array.from(await transport.transmit(encodeCommandApdu(part)));
    if ((part.cla & CLA.CHAINED) !== 0 && decodeResponseApdu(response).sw !== SW.OK) return response;
  }
  return response;
}
