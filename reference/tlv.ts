import { hex, need } from "./bytes.js";

/** A BER-TLV data object; the tag in upper-case hex. */
export interface DataObject {
  readonly tag: string;
  readonly value: Buffer;
}

/** BER-TLV with the shortest length form, up to 255 bytes, in hex (specs/01 §4). */
export function tlv(tag: string, content: string): string {
  const length = content.length / 2;
  return tag + (length < 128 ? "" : "81") + length.toString(16).padStart(2, "0") + content;
}

/**
 * The objects that fill the bytes, with lengths in their shortest form (specs/01 §4.1).
 * @param inside what the bytes are the content of
 * @throws Refused with the tag of an object that does not add up, `inside` for bytes that are no tag
 */
export function readObjects(bytes: Uint8Array, inside: string): DataObject[] {
  const objects: DataObject[] = [];
  for (let at = 0; at < bytes.length; ) {
    const two = ((bytes[at] ?? 0) & 0x1f) === 0x1f;
    const tag = hex(bytes.subarray(at, at + (two ? 2 : 1))).toUpperCase();
    const last = bytes[at + 1] ?? 0;
    need(two ? last >= 0x1f && last < 0x80 : tag !== "00", inside);
    at += tag.length / 2;
    const long = bytes[at] === 0x81;
    const length = bytes[at + (long ? 1 : 0)];
    // Nothing here is longer than a response, so that 82 is never the shortest form.
    need(length !== undefined && length >= 0x80 === long, tag);
    at += long ? 2 : 1;
    need(at + length <= bytes.length, tag);
    objects.push({ tag, value: Buffer.from(bytes.subarray(at, at + length)) });
    at += length;
  }
  return objects;
}

/** The value of the object with this tag. @throws Refused with the tag when it stands twice */
export function find(objects: readonly DataObject[], tag: string): Buffer | undefined {
  const found = objects.filter((object) => object.tag === tag);
  need(found.length <= 1, tag);
  return found[0]?.value;
}

/** As {@link find}, and it must be there. @throws Refused with the tag */
export function must(objects: readonly DataObject[], tag: string): Buffer {
  const value = find(objects, tag);
  need(value !== undefined, tag);
  return value;
}

/** The value of the one object with this tag that fills the bytes. @throws Refused with the tag */
export function only(bytes: Uint8Array, tag: string): Buffer {
  const objects = readObjects(bytes, tag);
  need(objects.length === 1 && objects[0]?.tag === tag, tag);
  return must(objects, tag);
}
