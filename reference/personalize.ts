import { hex, integer, join, need, uint, unhex } from "./bytes.js";
import { aesEncrypt } from "./crypto.js";
import { keyCheckValue, type StaticKeys } from "./scp03.js";

/** A data group of STORE DATA: number, and value in hex (specs/04 §6). */
export interface DataGroup {
  readonly dgi: string;
  readonly value: string;
}

/** Groups one after the other: number u16, length u8, value. */
export const writeGroups = (groups: readonly DataGroup[]): Buffer =>
  join(...groups.flatMap(({ dgi, value }) => [unhex(dgi), uint(value.length / 2, 1), unhex(value)]));

/** The inverse of {@link writeGroups}. @throws Refused `group`, or the number of a group that is cut or stands twice */
export function readGroups(bytes: Uint8Array): DataGroup[] {
  const groups: DataGroup[] = [];
  for (let at = 0; at < bytes.length; ) {
    need(bytes.length - at >= 3, "group");
    const dgi = hex(bytes.subarray(at, at + 2));
    const end = at + 3 + Number(integer(bytes.subarray(at + 2, at + 3)));
    need(end <= bytes.length && !groups.some((group) => group.dgi === dgi), dgi);
    groups.push({ dgi, value: hex(bytes.subarray(at + 3, end)) });
    at = end;
  }
  return groups;
}

/** Data of PUT KEY with three keys (specs/04 §8.5). @param dek Key-DEK of the keys that are there, hex */
export function putKeyData(version: number, keys: StaticKeys, dek: string): Buffer {
  const field = (key: string): Buffer =>
    join(
      unhex("881110"),
      aesEncrypt(unhex(dek), Buffer.alloc(16), unhex(key)),
      unhex("03"),
      unhex(keyCheckValue(key)),
    );
  return join(uint(version, 1), field(keys.enc), field(keys.mac), field(keys.dek));
}
