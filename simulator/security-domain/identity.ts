import { concatBytes, u16 } from "../../common/index.js";

/** What tells one chip from another: batch 2 and serial number 4. */
export const SERIAL_LENGTH = 6;

/** IC fabricator and type of a chip that exists in software only. */
const FABRICATOR = 0x4351;
const CHIP_TYPE = 0x5343;

/** Definite length in one or two bytes. */
function object(tag: number, ...values: Uint8Array[]): Uint8Array {
  const value = concatBytes(...values);
  const head = tag > 0xff ? [tag >> 8, tag & 0xff] : [tag];
  return concatBytes(Uint8Array.of(...head, ...(value.length < 128 ? [] : [0x81]), value.length), value);
}

/**
 * Card production life cycle data, tag 9F7F: 42 bytes (GlobalPlatform Card Specification, appendix H of the
 * Visa mapping). Fabricator, type, and the serial number; the rest is zero.
 * @param serial 6 bytes
 */
export function productionData(serial: Uint8Array): Uint8Array {
  const data = new Uint8Array(42);
  data.set(u16(FABRICATOR), 0);
  data.set(u16(CHIP_TYPE), 2);
  data.set(serial.subarray(2), 12);
  data.set(serial.subarray(0, 2), 16);
  return object(0x9f7f, data);
}

/** The 10 bytes of diversification data: type, batch, serial number, fabricator. @param serial 6 bytes */
export function diversificationData(serial: Uint8Array): Uint8Array {
  return concatBytes(u16(CHIP_TYPE), serial, u16(FABRICATOR));
}

/** GlobalPlatform's branch of object identifiers, 1.2.840.114283. */
const GLOBAL_PLATFORM = [0x2a, 0x86, 0x48, 0x86, 0xfc, 0x6b];
const identifier = (...rest: number[]) => object(0x06, Uint8Array.of(...GLOBAL_PLATFORM, ...rest));

/** Card recognition data, tag 66: GlobalPlatform 2.3, SCP03 with the parameter i (§H.2). */
export function recognitionData(i: number): Uint8Array {
  return object(
    0x66,
    object(
      0x73,
      identifier(1),
      object(0x60, identifier(2, 2, 3)),
      object(0x63, identifier(3)),
      object(0x64, identifier(4, 3, i)),
    ),
  );
}

/** Key information template, tag E0: identifier, version, type AES, length of every key (§11.3.3.1). */
export function keyInformation(versions: readonly number[]): Uint8Array {
  const keys = versions.flatMap((version) =>
    [1, 2, 3].map((id) => object(0xc0, Uint8Array.of(id, version, 0x88, 0x10))),
  );
  return object(0xe0, ...keys);
}

/** Answer to SELECT of the security domain, tag 6F (§11.9.3.1). */
export function domainInformation(aid: Uint8Array): Uint8Array {
  const mostData = object(0x9f65, Uint8Array.of(0xff));
  return object(0x6f, object(0x84, aid), object(0xa5, mostData));
}

/** One application in the answer to GET STATUS, tag E3 (§11.4.3.1). */
export function statusEntry(aid: Uint8Array, lifecycle: number, privileges: number): Uint8Array {
  return object(
    0xe3,
    object(0x4f, aid),
    object(0x9f70, Uint8Array.of(lifecycle)),
    object(0xc5, Uint8Array.of(privileges, 0, 0)),
  );
}
