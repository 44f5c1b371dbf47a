import { ascii, hex, join, need, uint, unhex } from "./bytes.js";
import { sha256, tagPrefix } from "./crypto.js";

/** Files as sequences of QR codes (specs/09 §7.3). */
export type Kind = "bundle" | "results" | "pack";

const KINDS = ["bundle", "results", "pack"];
const SHARE = 600;
const MOST = 256;

/** One code as a writer makes it, and as no writer does. */
export interface Code {
  readonly kind: number;
  readonly digest: Uint8Array;
  readonly number: number;
  readonly count: number;
  readonly share: Uint8Array;
}

export const digestOf = (kind: number, file: Uint8Array): Buffer =>
  sha256(tagPrefix("chequecard/offline-codes"), uint(kind, 1), file).subarray(0, 8);

export function writeCode({ kind, digest, number, count, share }: Code, version = 1): string {
  const numbers = join(uint(number, 2), uint(count, 2));
  const bytes = join(ascii("CQQR"), uint(version, 1), uint(kind, 1), digest, numbers, share);
  return hex(join(bytes, sha256(bytes).subarray(0, 4))).toUpperCase();
}

export function writeCodes(kind: Kind, file: Uint8Array): string[] {
  const number = KINDS.indexOf(kind) + 1;
  const count = Math.ceil(file.length / SHARE);
  const digest = digestOf(number, file);
  return Array.from({ length: count }, (_, at) => {
    const share = file.subarray(SHARE * at, SHARE * (at + 1));
    return writeCode({ kind: number, digest, number: at + 1, count, share });
  });
}

function readCode(text: string): Code {
  need(text.length <= 2 * (18 + SHARE + 4) + 16, "not-a-code");
  const digits = text.trim();
  need(/^([0-9A-Fa-f]{2})*$/.test(digits), "not-a-code");
  const bytes = unhex(digits);
  need(bytes.subarray(0, 4).toString("latin1") === "CQQR", "not-a-code");
  need((bytes[4] ?? 0) <= 1, "newer-version");
  need(bytes.length > 22 && bytes.length <= 22 + SHARE, "damaged");
  const checked = bytes.subarray(0, -4);
  need(sha256(checked).subarray(0, 4).equals(bytes.subarray(-4)), "damaged");
  const [kind = 0, number, count] = [bytes[5], bytes.readUInt16BE(14), bytes.readUInt16BE(16)];
  const share = checked.subarray(18);
  need(bytes[4] === 1 && KINDS[kind - 1] !== undefined, "damaged");
  need(count >= 1 && count <= MOST && number >= 1 && number <= count, "damaged");
  need(number === count || share.length === SHARE, "damaged");
  return { kind, digest: bytes.subarray(6, 14), number, count, share };
}

/** The file, of codes in any order. @throws Refused */
export function readCodes(kind: Kind, texts: readonly string[]): Buffer {
  const shares = new Map<number, Uint8Array>();
  let first: Code | undefined;
  for (const text of texts) {
    const code = readCode(text);
    need(KINDS[code.kind - 1] === kind, "other-kind");
    first ??= code;
    need(code.count === first.count && hex(code.digest) === hex(first.digest), "other-sequence");
    const known = shares.get(code.number);
    need(known === undefined || hex(known) === hex(code.share), "damaged");
    shares.set(code.number, code.share);
  }
  need(first !== undefined && shares.size === first.count, "missing");
  const { kind: number, digest, count } = first;
  const file = join(...Array.from({ length: count }, (_, at) => shares.get(at + 1) ?? Buffer.alloc(0)));
  need(digestOf(number, file).equals(digest), "damaged");
  return file;
}
