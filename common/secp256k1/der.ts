import { ParseError } from "../errors.js";

/**
 * ECDSA signature in DER, as a Java Card returns it, to r || s (64 bytes). Strict: minimal lengths, positive
 * minimal integers of at most 32 bytes, no trailing bytes. The values are not compared with the group order.
 * @throws ParseError
 */
export function derToCompact(der: Uint8Array, path = "signature"): Uint8Array {
  if (der.length < 8 || der.length > 72)
    throw new ParseError(path, `need 8 to 72 bytes of DER, have ${der.length}`);
  if (der[0] !== 0x30 || der[1] !== der.length - 2)
    throw new ParseError(path, "need a DER SEQUENCE over all the bytes");
  const out = new Uint8Array(64);
  let at = 2;
  for (const [name, end] of [
    ["r", 32],
    ["s", 64],
  ] as const) {
    const length = der[at + 1] ?? 0;
    const start = at + 2;
    if (der[at] !== 0x02 || length === 0 || start + length > der.length)
      throw new ParseError(`${path}/${name}`, "need a DER INTEGER within the SEQUENCE");
    const first = der[start] ?? 0;
    const second = der[start + 1] ?? 0;
    if (first & 0x80) throw new ParseError(`${path}/${name}`, "negative");
    const padded = first === 0 && length > 1;
    if (padded && !(second & 0x80)) throw new ParseError(`${path}/${name}`, "not minimal");
    const value = der.subarray(padded ? start + 1 : start, start + length);
    if (value.length > 32)
      throw new ParseError(`${path}/${name}`, `need at most 32 bytes, have ${value.length}`);
    out.set(value, end - value.length);
    at = start + length;
  }
  if (at !== der.length) throw new ParseError(path, `${der.length - at} bytes too many`);
  return out;
}
