import { bytesToHex, concatBytes, equalBytes, hexToBytes, readU16, u8, u16, utf8 } from "../common/bytes.js";
import { CodedError, ParseError } from "../common/errors.js";
import { plural } from "../common/plural.js";
import { sha256 } from "../common/sha256.js";
import { taggedHash } from "../common/tagged-hash.js";

/** What is carried as a sequence of QR codes (specs/09 §7.3). */
export type CodesKind = "bundle" | "results" | "pack";

export type CodesErrorCode =
  /** The text of a QR code that is something else. */
  | "not-a-code"
  | "newer-version"
  /** It was changed on its way, or no writer makes it. */
  | "damaged"
  | "other-kind"
  /** It belongs to another file. */
  | "other-sequence"
  | "missing"
  /** The file has more bytes than a sequence holds. */
  | "too-long";

/** Why codes are refused: nothing of them is used. The message never holds their content. */
export class CodesError extends CodedError<CodesErrorCode> {}

/** Most codes in one sequence. */
export const MAX_CODES = 256;

/** Bytes of the file in each code but the last, which has 1 to as many. */
const SHARE_LENGTH = 600;
/** Longest file in bytes: an acceptance pack always fits. */
const MAX_CODED_LENGTH = MAX_CODES * SHARE_LENGTH;

const MAGIC = utf8("CQQR");
const VERSION = 1;
const KINDS: readonly CodesKind[] = ["bundle", "results", "pack"];
const NAMES = { bundle: "a bundle", results: "a file of results", pack: "an acceptance pack" } as const;
const DIGEST_LENGTH = 8;
const HEAD_LENGTH = 4 + 1 + 1 + DIGEST_LENGTH + 2 + 2;
const CHECK_LENGTH = 4;
const MAX_CODE_LENGTH = HEAD_LENGTH + SHARE_LENGTH + CHECK_LENGTH;
/** White space that a hand scanner may add. */
const MAX_TEXT_LENGTH = 2 * MAX_CODE_LENGTH + 16;

const kindByte = (kind: CodesKind): Uint8Array => u8(KINDS.indexOf(kind) + 1);

/** Names the whole file in each code, 8 bytes. */
const digestOf = (kind: CodesKind, file: Uint8Array): Uint8Array =>
  taggedHash("chequecard/offline-codes", kindByte(kind), file).slice(0, DIGEST_LENGTH);

const checkOf = (bytes: Uint8Array): Uint8Array => sha256(bytes).slice(0, CHECK_LENGTH);

/**
 * A file as the texts of a sequence of QR codes, upper-case hex (specs/09 §7.3).
 * @param file 1 to 153,600 bytes
 * @throws CodesError `too-long`
 */
export function writeCodes(kind: CodesKind, file: Uint8Array): string[] {
  const count = Math.ceil(file.length / SHARE_LENGTH);
  if (count < 1 || count > MAX_CODES)
    throw new CodesError(
      "too-long",
      `${plural(file.length, "byte")} do not fit into QR codes: ${MAX_CODES} hold at most ${MAX_CODED_LENGTH}.`,
      { hint: "Carry it as a file: --out FILE" },
    );
  const digest = digestOf(kind, file);
  return Array.from({ length: count }, (_, index) => {
    const share = file.subarray(index * SHARE_LENGTH, (index + 1) * SHARE_LENGTH);
    const numbers = concatBytes(u16(index + 1), u16(count));
    const bytes = concatBytes(MAGIC, u8(VERSION), kindByte(kind), digest, numbers, share);
    return bytesToHex(concatBytes(bytes, checkOf(bytes))).toUpperCase();
  });
}

interface Code {
  readonly kind: CodesKind;
  readonly digest: Uint8Array;
  /** From 1. */
  readonly number: number;
  readonly count: number;
  readonly share: Uint8Array;
}

/** One code by itself. @throws CodesError */
function readCode(text: string): Code {
  const bytes = bytesOf(text);
  if (!equalBytes(bytes.subarray(0, 4), MAGIC)) throw notOne();
  const [version = 0, kindNumber = 0] = bytes.subarray(4);
  if (version > VERSION)
    throw new CodesError(
      "newer-version",
      `The QR code has version ${version}, this release reads ${VERSION}.`,
      {
        hint: "Update this side, too.",
      },
    );
  if (bytes.length <= HEAD_LENGTH + CHECK_LENGTH || bytes.length > MAX_CODE_LENGTH) throw damaged();
  const [number, count] = [readU16(bytes, 14), readU16(bytes, 16)];
  const isNumbered = count >= 1 && count <= MAX_CODES && number >= 1 && number <= count;
  const checked = bytes.subarray(0, -CHECK_LENGTH);
  if (!equalBytes(checkOf(checked), bytes.subarray(-CHECK_LENGTH)))
    throw damaged(isNumbered ? number : undefined);
  const kind = KINDS[kindNumber - 1];
  const share = checked.slice(HEAD_LENGTH);
  const isWhole = number === count || share.length === SHARE_LENGTH;
  if (version !== VERSION || !kind || !isNumbered || !isWhole) throw damaged();
  return { kind, digest: bytes.slice(6, 14), number, count, share };
}

function bytesOf(text: string): Uint8Array {
  if (text.length > MAX_TEXT_LENGTH) throw notOne();
  try {
    return hexToBytes(text.trim(), "code");
  } catch (cause) {
    throw cause instanceof ParseError ? notOne() : cause;
  }
}

const notOne = (): CodesError =>
  new CodesError("not-a-code", "The QR code is not one of a bundle, of results or of an acceptance pack.");

const damaged = (number?: number): CodesError =>
  new CodesError("damaged", `${number === undefined ? "A QR code" : `QR code ${number}`} is damaged.`, {
    hint: "Read it again from where it is shown.",
  });

/** Puts a sequence together. Codes come in any order, any number of times; one that is refused changes nothing. */
export class CodesReader {
  readonly #kind: CodesKind;
  readonly #shares = new Map<number, Uint8Array>();
  #first: Code | undefined;

  constructor(kind: CodesKind) {
    this.#kind = kind;
  }

  /** @param text of one QR code @throws CodesError */
  take(text: string): void {
    const code = readCode(text);
    if (code.kind !== this.#kind)
      throw new CodesError(
        "other-kind",
        `The QR code is of ${NAMES[code.kind]}, not of ${NAMES[this.#kind]}.`,
      );
    const first = this.#first ?? code;
    if (code.count !== first.count || !equalBytes(code.digest, first.digest))
      throw new CodesError("other-sequence", "The QR code is of another file than the ones before it.", {
        hint: "Give the codes of one file at a time.",
      });
    const before = this.#shares.get(code.number);
    if (before && !equalBytes(before, code.share)) throw damaged(code.number);
    this.#first = first;
    this.#shares.set(code.number, code.share);
  }

  /** Numbers that were not read yet, ascending; none before the first code. */
  get missing(): readonly number[] {
    const all = Array.from({ length: this.#first?.count ?? 0 }, (_, index) => index + 1);
    return all.filter((number) => !this.#shares.has(number));
  }

  /** The file. @throws CodesError `missing`, `damaged` */
  whole(): Uint8Array {
    const { missing } = this;
    if (!this.#first) throw new CodesError("missing", `No QR code of ${NAMES[this.#kind]} was read.`);
    if (missing.length > 0)
      throw new CodesError(
        "missing",
        `Of ${plural(this.#first.count, "QR code")} ${missing.length === 1 ? "one is" : `${missing.length} are`} missing: ${numbersText(missing)}.`,
        { hint: "Read the missing ones too, in any order; those that were read count as they are." },
      );
    const file = concatBytes(...Array.from({ length: this.#first.count }, (_, i) => this.#share(i + 1)));
    if (!equalBytes(digestOf(this.#kind, file), this.#first.digest))
      throw new CodesError("damaged", "The QR codes do not make the file of which they say they are.", {
        hint: "Have them made again.",
      });
    return file;
  }

  readonly #share = (number: number): Uint8Array => this.#shares.get(number) ?? new Uint8Array(0);
}

/** `2, 5 to 9, 12`. */
function numbersText(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`)).join(", ");
}
