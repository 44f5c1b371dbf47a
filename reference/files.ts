import { createCipheriv, createDecipheriv, scryptSync } from "node:crypto";
import { ascii, Fields, hex, join, need, uint, unhex } from "./bytes.js";
import { chacha20, sha256 } from "./crypto.js";
import type { DataGroup } from "./personalize.js";

/** Cost of a passphrase (specs/04 §2.2). */
export interface Scrypt {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** The keys in a key file, byte strings in hex. */
export interface KeyMaterial {
  readonly issuerKeys: readonly string[];
  readonly masterKeys: readonly {
    readonly version: number;
    readonly diversification: "kdf3" | "none";
    readonly key: string;
  }[];
  readonly keySets: readonly {
    readonly id: string;
    readonly sealKey: string;
    readonly issuerKey: number;
    readonly label: string;
  }[];
}

/** A key file (specs/04 §2.2). */
export interface KeyFile {
  readonly format: string;
  readonly version: number;
  readonly scrypt: Scrypt;
  readonly salt: string;
  readonly box: string;
  readonly checksum: string;
}

export const KEY_FILE = "chequecard-keys";
export const PIN_LETTERS = "chequecard-pin-letters";
const LETTERS_CHECK = "chequecard/pin-letters";
const NONCE = 24;
const TAG = 16;

const words = (bytes: Uint8Array): number[] =>
  Array.from({ length: bytes.length / 4 }, (_, at) => Buffer.from(bytes).readUInt32LE(4 * at));

/** HChaCha20: the state of ChaCha20 without its last addition, of which the first and last rows are kept. */
function hchacha20(key: Uint8Array, nonce: Uint8Array): Buffer {
  const block = words(chacha20(key, nonce, Buffer.alloc(64)));
  const rows = [
    [block.slice(0, 4), words(ascii("expand 32-byte k"))],
    [block.slice(12), words(nonce)],
  ] as const;
  const out = Buffer.alloc(32);
  rows.forEach(([sums, first], row) => {
    sums.forEach((sum, at) => {
      out.writeUInt32LE((sum - (first[at] ?? 0)) >>> 0, 16 * row + 4 * at);
    });
  });
  return out;
}

/** Key and nonce of ChaCha20-Poly1305 for a key and a nonce of XChaCha20-Poly1305. */
const extended = (key: Uint8Array, nonce: Uint8Array) =>
  [hchacha20(key, nonce.subarray(0, 16)), join(Buffer.alloc(4), nonce.subarray(16))] as const;

/** The key of a passphrase, 32 bytes. @throws Refused `scrypt` */
export function boxKey(passphrase: Uint8Array, salt: Uint8Array, { n, r, p }: Scrypt): Buffer {
  need(n >= 2 ** 14 && n <= 2 ** 18 && Math.log2(n) % 1 === 0 && r === 8 && p >= 1 && p <= 4, "scrypt");
  return scryptSync(passphrase, salt, 32, { N: n, r, p, maxmem: 2 ** 30 });
}

/** Nonce, cipher text, tag. */
export function sealBox(
  key: Uint8Array,
  nonce: Uint8Array,
  content: Uint8Array,
  associated: string | Uint8Array,
): Buffer {
  const cipher = createCipheriv("chacha20-poly1305", ...extended(key, nonce), { authTagLength: TAG });
  cipher.setAAD(Buffer.from(associated), { plaintextLength: content.length });
  return join(nonce, cipher.update(content), cipher.final(), cipher.getAuthTag());
}

/** @throws Refused with `what` when the box was made with another key, place or content */
export function openBox(
  key: Uint8Array,
  box: Uint8Array,
  associated: string | Uint8Array,
  what: string,
): Buffer {
  need(box.length >= NONCE + TAG, what);
  const content = box.subarray(NONCE, -TAG);
  const opened = createDecipheriv("chacha20-poly1305", ...extended(key, box.subarray(0, NONCE)), {
    authTagLength: TAG,
  });
  opened.setAAD(Buffer.from(associated), { plaintextLength: content.length }).setAuthTag(box.subarray(-TAG));
  const plain = opened.update(content);
  try {
    opened.final();
  } catch {
    need(false, what);
  }
  return plain;
}

export const headerText = (format: string, version: number, { n, r, p }: Scrypt, salt: string): string =>
  [format, version, n, r, p, salt].join("|");

export const fileChecksum = (header: string, box: string): string =>
  hex(sha256(ascii(`${header}|${box}`)).subarray(0, 8));

export function writeKeyContent({ issuerKeys, masterKeys, keySets }: KeyMaterial): Buffer {
  return join(
    uint(issuerKeys.length, 1),
    ...issuerKeys.map(unhex),
    uint(masterKeys.length, 1),
    ...masterKeys.map(({ version, diversification, key }) =>
      join(Buffer.of(version, diversification === "kdf3" ? 1 : 0), unhex(key)),
    ),
    uint(keySets.length, 2),
    ...keySets.map(({ id, sealKey, issuerKey, label }) => {
      const text = Buffer.from(label);
      return join(unhex(id), unhex(sealKey), Buffer.of(issuerKey, text.length), text);
    }),
  );
}

/** @throws Refused `content` */
export function readKeyContent(content: Uint8Array): KeyMaterial {
  const what = "content";
  const fields = new Fields(content);
  const several = <T>(count: number, read: () => T): T[] => Array.from({ length: count }, read);
  const issuerKeys = several(fields.uint(1, what), () => hex(fields.take(32, what)));
  const masterKeys = several(fields.uint(1, what), () => {
    const version = fields.uint(1, what);
    const kind = fields.uint(1, what);
    need(kind < 2, what);
    const diversification = kind === 1 ? ("kdf3" as const) : ("none" as const);
    return { version, diversification, key: hex(fields.take(16, what)) };
  });
  const keySets = several(fields.uint(2, what), () => {
    const id = hex(fields.take(4, what));
    const sealKey = hex(fields.take(16, what));
    const issuerKey = fields.uint(1, what);
    need(issuerKey < issuerKeys.length, what);
    return { id, sealKey, issuerKey, label: fields.take(fields.uint(1, what), what).toString() };
  });
  fields.end(what);
  return { issuerKeys, masterKeys, keySets };
}

export function writeKeyFile(
  key: Uint8Array,
  nonce: Uint8Array,
  { scrypt, salt, content }: { readonly scrypt: Scrypt; readonly salt: string; readonly content: Uint8Array },
): KeyFile {
  const header = headerText(KEY_FILE, 1, scrypt, salt);
  const box = hex(sealBox(key, nonce, content, header));
  return { format: KEY_FILE, version: 1, scrypt, salt, box, checksum: fileChecksum(header, box) };
}

/** @throws Refused `format`, `version`, `checksum`, `scrypt`, `passphrase`, `content` */
export function readKeyFile(file: KeyFile, passphrase: Uint8Array): KeyMaterial {
  need(file.format === KEY_FILE, "format");
  need(file.version === 1, "version");
  const header = headerText(file.format, file.version, file.scrypt, file.salt);
  need(fileChecksum(header, file.box) === file.checksum, "checksum");
  const key = boxKey(passphrase, unhex(file.salt), file.scrypt);
  return readKeyContent(openBox(key, unhex(file.box), header, "passphrase"));
}

/** Check of a line behind the line with the check `before`; empty for the first line (specs/04 §10.1). */
export const lineCheck = (before: string, text: string): string =>
  hex(sha256(Buffer.from(`${before}|${text}`)).subarray(0, 8));

export function writeLines(texts: readonly string[]): Buffer {
  let check = "";
  const lines = texts.map((text) => {
    check = lineCheck(check, text);
    return `${check} ${text}\n`;
  });
  return Buffer.from(lines.join(""));
}

/** The texts of the lines; a last line that is cut is none. @throws Refused `line n` */
export function readLines(bytes: Uint8Array): string[] {
  const whole = Buffer.from(bytes).toString().split("\n").slice(0, -1);
  const ends = bytes.at(-1) === 0x0a;
  let check = "";
  const texts: string[] = [];
  for (const [index, line] of whole.entries()) {
    const text = line.slice(17);
    const right = line.slice(0, 17) === `${lineCheck(check, text)} `;
    if (!right && ends && index === whole.length - 1) break;
    need(right, `line ${index + 1}`);
    check = line.slice(0, 16);
    texts.push(text);
  }
  return texts;
}

const place = (number: number): string => `${PIN_LETTERS}|${number}`;

/** Texts of the lines of a file of PIN letters (specs/04 §11); one nonce for the head and for each letter. */
export function writeLetters(
  key: Uint8Array,
  { scrypt, salt }: { readonly scrypt: Scrypt; readonly salt: string },
  nonces: readonly Uint8Array[],
  letters: readonly object[],
): string[] {
  const box = (content: string, number: number): string =>
    hex(sealBox(key, nonces[number] ?? Buffer.alloc(NONCE), Buffer.from(content), place(number)));
  const head = { format: PIN_LETTERS, version: 1, scrypt, salt, check: box(LETTERS_CHECK, 0) };
  return [JSON.stringify(head), ...letters.map((letter, index) => box(JSON.stringify(letter), index + 1))];
}

/** @throws Refused `head`, `passphrase`, `letter n` */
export function readLetters(texts: readonly string[], passphrase: Uint8Array): unknown[] {
  const [first = "{}", ...boxes] = texts;
  const head = JSON.parse(first) as Partial<KeyFile> & { readonly check?: string };
  const { scrypt, salt = "", check = "" } = head;
  need(head.format === PIN_LETTERS && head.version === 1, "head");
  const key = boxKey(passphrase, unhex(salt), { ...scrypt } as Scrypt);
  const said = openBox(key, unhex(check), place(0), "passphrase");
  need(said.equals(ascii(LETTERS_CHECK)), "head");
  return boxes.map((box, index): unknown => {
    const letter = openBox(key, unhex(box), place(index + 1), `letter ${index + 1}`);
    return JSON.parse(letter.toString());
  });
}

/** Deals groups out to blocks (specs/04 §6). @param groups in the order 0102, 8101, 0101, 0103, 0104, 0105, 8102 */
export function packBlocks(groups: readonly DataGroup[], room: number): DataGroup[][] {
  const size = ({ value }: DataGroup): number => 3 + value.length / 2;
  const blocks: DataGroup[][] = [];
  for (const group of groups.toSorted((a, b) => b.value.length - a.value.length)) {
    const used = (block: readonly DataGroup[]): number => block.reduce((sum, other) => sum + size(other), 0);
    const block = blocks.find((candidate) => used(candidate) + size(group) <= room);
    if (block) block.push(group);
    else blocks.push([group]);
  }
  return blocks;
}

/** The name of a chip, 12 bytes in hex, by what it answers to GET DATA 9F7F (specs/04 §8.1). @throws Refused `chip`, `serial` */
export function chipName(object: Uint8Array): string {
  const fields = new Fields(object);
  const bare = object.length === 42 && hex(object.subarray(0, 2)) !== "9f7f";
  need(bare || (hex(fields.take(2, "chip")) === "9f7f" && fields.uint(1, "chip") === fields.left), "chip");
  const data = fields.rest();
  need(data.length >= 18, "chip");
  const serial = data.subarray(12, 16);
  const letter = (byte: number) => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a && byte < 0x80;
  need(!["ffffffff", "00000000"].includes(hex(serial)) && !serial.every(letter), "serial");
  return hex(join(data.subarray(0, 4), data.subarray(10, 18)));
}
