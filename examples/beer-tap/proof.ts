import { readFileSync, statSync } from "node:fs";
import { hexToBytes, ParseError } from "chequecard/common";
import { MAX_PICTURE_BYTES, odtFromHex, readQrPng } from "chequecard/odt";

/**
 * The preimage that a customer shows: what a hand scanner or a keyboard typed (the preimage or the offline message,
 * as hex), or the name of a PNG file with a picture of the code.
 * @returns 32 bytes
 * @throws ParseError that says what is wrong, and never repeats what was shown
 */
export function readProof(line: string): Uint8Array {
  const text = /\.png$/i.test(line) ? readQrPng(readPicture(line)) : line;
  if (/^[0-9a-f]{64}$/i.test(text)) return hexToBytes(text);
  const message = odtFromHex(text);
  if (message.kind !== "preimage")
    throw new ParseError("proof", "this message is not the proof of a payment");
  return message.preimage;
}

function readPicture(path: string): Uint8Array {
  try {
    if (statSync(path).size <= MAX_PICTURE_BYTES) return readFileSync(path);
  } catch {
    throw new ParseError("picture", "the file cannot be read");
  }
  throw new ParseError("picture", `need at most ${MAX_PICTURE_BYTES} bytes`);
}
