import { ParseError } from "../common/errors.js";

/** One BER-TLV data object; `value` is not parsed further. */
export interface DataObject {
  readonly tag: number;
  readonly value: Uint8Array;
}

/** Tag as it is written: `5F50`. */
export const formatTag = (tag: number): string => {
  const hex = tag.toString(16).toUpperCase();
  return hex.length % 2 ? `0${hex}` : hex;
};

/**
 * Reads the data objects that fill `bytes` exactly. Strict: definite minimal lengths of at most 2 bytes, tags of
 * 1 or 2 bytes in minimal form, nothing truncated, nothing left over.
 * @throws ParseError with the path of the field
 */
export function readTlvs(bytes: Uint8Array, path: string): DataObject[] {
  const out: DataObject[] = [];
  let at = 0;
  const byte = (what: string): number => {
    const value = bytes[at];
    if (value === undefined) throw new ParseError(path, `ends inside a ${what}`);
    at++;
    return value;
  };
  while (at < bytes.length) {
    let tag = byte("tag");
    if ((tag & 0x1f) === 0x1f) {
      const second = byte("tag");
      if (second & 0x80) throw new ParseError(path, "tag of more than 2 bytes");
      if (second < 0x1f) throw new ParseError(path, "tag not in minimal form");
      tag = (tag << 8) | second;
    }
    if (tag === 0) throw new ParseError(path, "tag 00");
    const name = `${path}/${formatTag(tag)}`;
    let length = byte("length");
    if (length === 0x80) throw new ParseError(name, "indefinite length");
    if (length > 0x80) {
      const count = length & 0x7f;
      if (count > 2) throw new ParseError(name, `length of ${count} bytes`);
      length = 0;
      for (let i = 0; i < count; i++) length = (length << 8) | byte("length");
      if (length < (count === 1 ? 0x80 : 0x100)) throw new ParseError(name, "length not in minimal form");
    }
    if (length > bytes.length - at)
      throw new ParseError(name, `need ${length} bytes, have ${bytes.length - at}`);
    out.push({ tag, value: bytes.slice(at, at + length) });
    at += length;
  }
  return out;
}

/** The value of the one object with this tag, or undefined. @throws ParseError when it stands twice */
export function findTlv(objects: readonly DataObject[], tag: number, path: string): Uint8Array | undefined {
  const found = objects.filter((object) => object.tag === tag);
  if (found.length > 1)
    throw new ParseError(`${path}/${formatTag(tag)}`, `stands ${found.length} times, need one`);
  return found[0]?.value;
}

/** As {@link findTlv}, and it must be there. @throws ParseError */
export function needTlv(objects: readonly DataObject[], tag: number, path: string): Uint8Array {
  const value = findTlv(objects, tag, path);
  if (value === undefined) throw new ParseError(`${path}/${formatTag(tag)}`, "missing");
  return value;
}

/** Reads exactly one object with this tag that fills `bytes`, and returns its value. @throws ParseError */
export function unwrapTlv(bytes: Uint8Array, tag: number, path: string): Uint8Array {
  const objects = readTlvs(bytes, path);
  if (objects.length !== 1 || objects[0]?.tag !== tag)
    throw new ParseError(
      path,
      `need one object ${formatTag(tag)}, have ${objects.map((object) => formatTag(object.tag)).join(" ") || "nothing"}`,
    );
  return objects[0].value;
}
