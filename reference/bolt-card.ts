import { hex, join, need, uint, unhex } from "./bytes.js";
import { aesBlock, aesDecrypt, cmac } from "./crypto.js";

/** Bolt Cards: SUN, keys and the files of a Type 4 tag (specs/10 §2 to §4). */
export interface Sun {
  readonly uid: string;
  readonly counter: number;
  readonly padding: string;
}

const count3 = (counter: number): Buffer => uint(counter, 3).reverse();

export const piccOf = (k1: Uint8Array, { uid, counter, padding }: Sun): Buffer =>
  aesBlock(k1, join(unhex("c7"), unhex(uid), count3(counter), unhex(padding)));

export function macOf(k2: Uint8Array, { uid, counter }: Omit<Sun, "padding">, input: string): Buffer {
  const session = cmac(k2, unhex("3cc300010080"), unhex(uid), count3(counter));
  return Buffer.from(cmac(session, Buffer.from(input, "latin1")).filter((_, at) => at % 2 === 1));
}

/** @throws Refused */
export function readSun(keys: { k1: Uint8Array; k2: Uint8Array }, p: Buffer, c: Buffer, input: string): Sun {
  need(p.length === 16, "picc");
  const plain = aesDecrypt(keys.k1, Buffer.alloc(16), p);
  need(plain[0] === 0xc7, "picc");
  const uid = hex(plain.subarray(1, 8));
  const sun = { uid, counter: plain.readUIntLE(8, 3), padding: hex(plain.subarray(11)) };
  need(macOf(keys.k2, sun, input).equals(c), "mac");
  return sun;
}

export function keysOf(issuerKey: Uint8Array, uid: Uint8Array, version: number) {
  const of = (key: Uint8Array, last: string, ...more: Uint8Array[]) =>
    cmac(key, unhex(`2d003f${last}`), ...more);
  const card = of(issuerKey, "75", uid, uint(version, 4).reverse());
  return {
    ...{ cardKey: card, k0: of(card, "76"), k1: of(issuerKey, "77"), k2: of(card, "78") },
    ...{ k3: of(card, "79"), k4: of(card, "7a"), id: of(issuerKey, "7b", uid) },
  };
}

const RESERVED = [0, 0x3f00, 0x3fff, 0xe102, 0xe103, 0xffff];

/** @throws Refused */
export function readCapabilities(file: Buffer) {
  const path = "capability container";
  need(file.length >= 15, path);
  const [length, maxRead, ndefFile, ndefSize] = [0, 3, 9, 11].map((at) => file.readUInt16BE(at)) as [
    ...[number, number, number, number],
  ];
  need(length >= 15 && length < 0xffff, path);
  need(/^[123]/.test(hex(file.subarray(2, 3))), `${path}/version`);
  need(maxRead >= 15, `${path}/longest read`);
  need(hex(file.subarray(7, 9)) === "0406", `${path}/control`);
  need(!RESERVED.includes(ndefFile), `${path}/file`);
  need(ndefSize >= 5 && ndefSize < 0xffff, `${path}/size`);
  need(file[13] === 0, `${path}/access`);
  return { maxRead, ndefFile, ndefSize };
}

const ABBREVIATED = ["", "http://www.", "https://www.", "http://", "https://"];

/** The URI of a message. @throws Refused */
export function readNdef(message: Buffer): string {
  const payloads: Buffer[] = [];
  let [rest, number, isLast] = [message, 0, false];
  while (!isLast && rest.length > 0) {
    number++;
    need(number <= 16, "ndef");
    const path = `ndef/records/${number}`;
    const bits = (rest[0] ?? 0).toString(2).padStart(8, "0");
    need(bits[2] === "0", path);
    const [wide, named] = [bits[3] === "1" ? 1 : 4, bits[4] === "1" ? 1 : 0];
    const start = 2 + wide + named;
    need(rest.length >= start, path);
    const [type = 0, payload, id] = [rest[1], rest.readUIntBE(2, wide), named ? (rest[start - 1] ?? 0) : 0];
    need(rest.length >= start + type + id + payload, path);
    need((bits[0] === "1") === (number === 1), path);
    const at = start + type + id;
    if (bits.endsWith("001") && hex(rest.subarray(start, start + type)) === "55")
      payloads.push(rest.subarray(at, at + payload));
    isLast = bits[1] === "1";
    rest = rest.subarray(at + payload);
  }
  need(isLast && rest.length === 0, "ndef");
  const [uri] = payloads;
  need(uri !== undefined, "ndef");
  const start = ABBREVIATED[uri[0] ?? 255];
  const text = uri.subarray(1).toString("latin1");
  need(start !== undefined && /^[\x21-\x7e]*$/.test(text), "ndef/uri");
  return start + text;
}
