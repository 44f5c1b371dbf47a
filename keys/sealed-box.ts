import { randomBytes, scrypt } from "node:crypto";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, equalBytes, hexToBytes, utf8 } from "../common/index.js";
import { KeyError } from "./key-source.js";

/** Parameters of scrypt (RFC 7914) that stand in the file in clear. */
export interface ScryptParameters {
  /** Cost, a power of two. */
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** 128 MiB and about a third of a second: what a new file gets. */
export const DEFAULT_SCRYPT: ScryptParameters = { n: 2 ** 17, r: 8, p: 1 };

const MIN_N = 2 ** 14;
const MAX_N = 2 ** 18;
const SALT_LENGTH = 32;
const NONCE_LENGTH = 24;
const KEY_LENGTH = 32;

/** A passphrase turned into a key, with what is needed to do it again. */
export interface BoxKey {
  readonly parameters: ScryptParameters;
  /** 32 bytes. */
  readonly salt: Uint8Array;
  /** 32 bytes, secret. */
  readonly key: Uint8Array;
}

/**
 * The bounds keep a file from outside from asking for all the memory or for none.
 * @throws KeyError `damaged`
 */
function checkScryptParameters(parameters: ScryptParameters, path: string): void {
  const { n, r, p } = parameters;
  const powerOfTwo = Number.isInteger(n) && n >= MIN_N && n <= MAX_N && (n & (n - 1)) === 0;
  if (!powerOfTwo || r !== 8 || !Number.isInteger(p) || p < 1 || p > 4)
    throw new KeyError(
      "damaged",
      `${path}: scrypt needs n a power of two from ${MIN_N} to ${MAX_N}, r 8 and p 1 to 4, have n ${n}, r ${r}, p ${p}`,
    );
}

/**
 * The key of a passphrase by scrypt.
 * @param passphrase bytes of UTF-8, not empty; @param salt 32 bytes, fresh when absent
 * @throws KeyError `no-passphrase`
 */
export async function deriveBoxKey(
  passphrase: Uint8Array,
  parameters: ScryptParameters = DEFAULT_SCRYPT,
  salt: Uint8Array = randomBytes(SALT_LENGTH),
): Promise<BoxKey> {
  if (passphrase.length === 0) throw new KeyError("no-passphrase", "the passphrase is empty");
  checkScryptParameters(parameters, "scrypt");
  const { n, r, p } = parameters;
  const key = await new Promise<Buffer>((resolve, reject) => {
    scrypt(passphrase, salt, KEY_LENGTH, { N: n, r, p, maxmem: 256 * n * r * p }, (error, derived) =>
      error ? reject(error) : resolve(derived),
    );
  });
  return { parameters, salt, key };
}

/** XChaCha20-Poly1305. @returns nonce 24 | ciphertext | tag 16 */
export function sealBox(key: Uint8Array, plaintext: Uint8Array, associated: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_LENGTH);
  return concatBytes(nonce, xchacha20poly1305(key, nonce, associated).encrypt(plaintext));
}

/** The inverse of {@link sealBox}; undefined when key, box or associated data are not the ones it was made with. */
export function openBox(key: Uint8Array, box: Uint8Array, associated: Uint8Array): Uint8Array | undefined {
  if (box.length < NONCE_LENGTH + 16) return undefined;
  try {
    return xchacha20poly1305(key, box.subarray(0, NONCE_LENGTH), associated).decrypt(
      box.subarray(NONCE_LENGTH),
    );
  } catch {
    return undefined;
  }
}

/** What stands in an encrypted file: `format` and `version` first, a checksum over all the rest. */
export interface BoxDocument {
  readonly format: string;
  readonly version: number;
  readonly scrypt: ScryptParameters;
  readonly salt: string;
  readonly box: string;
  readonly checksum: string;
}

const header = (format: string, version: number, parameters: ScryptParameters, salt: string): string =>
  [format, version, parameters.n, parameters.r, parameters.p, salt].join("|");

const checksum = (head: string, box: string): Uint8Array => sha256(utf8(`${head}|${box}`)).slice(0, 8);

/** Encrypts `plaintext` into the JSON document of a file. The header is authenticated with it. */
export function writeBoxDocument(
  format: string,
  version: number,
  key: BoxKey,
  plaintext: Uint8Array,
): BoxDocument {
  const salt = bytesToHex(key.salt);
  const head = header(format, version, key.parameters, salt);
  const box = bytesToHex(sealBox(key.key, plaintext, utf8(head)));
  return { format, version, scrypt: key.parameters, salt, box, checksum: bytesToHex(checksum(head, box)) };
}

/**
 * Reads and checks the form of a document; decrypts nothing.
 * @throws KeyError `damaged`, `newer-version`
 */
export function parseBoxDocument(text: string, format: string, version: number, path: string): BoxDocument {
  let parsed: Partial<BoxDocument> | null;
  try {
    parsed = JSON.parse(text) as Partial<BoxDocument> | null;
  } catch {
    throw new KeyError("damaged", `${path}: not JSON, so it was cut or overwritten`);
  }
  if (parsed === null || typeof parsed !== "object" || parsed.format !== format)
    throw new KeyError("damaged", `${path}: not a ${format} file`);
  if (typeof parsed.version !== "number" || !Number.isInteger(parsed.version) || parsed.version < 1)
    throw new KeyError("damaged", `${path}: has no version`);
  if (parsed.version > version)
    throw new KeyError(
      "newer-version",
      `${path}: version ${parsed.version}, this release reads up to ${version}`,
    );
  const { scrypt: parameters, salt, box, checksum: sum } = parsed;
  const hex = (value: unknown, length?: number): value is string =>
    typeof value === "string" && /^(?:[0-9a-f]{2})*$/.test(value) && (!length || value.length === 2 * length);
  if (
    !parameters ||
    typeof parameters !== "object" ||
    !hex(salt, SALT_LENGTH) ||
    !hex(box) ||
    !hex(sum, 8) ||
    !equalBytes(checksum(header(format, parsed.version, parameters, salt), box), hexToBytes(sum))
  )
    throw new KeyError("damaged", `${path}: the checksum does not match, so the file was changed`, {
      hint: "Restore the file from a backup.",
    });
  checkScryptParameters(parameters, path);
  return { format, version: parsed.version, scrypt: parameters, salt, box, checksum: sum };
}

/**
 * Decrypts a document. A whole document that does not open was made with another passphrase (or by someone who
 * mended the checksum, which the cipher cannot tell apart).
 * @throws KeyError `wrong-passphrase`
 */
export function openBoxDocument(document: BoxDocument, key: Uint8Array, path: string): Uint8Array {
  const head = header(document.format, document.version, document.scrypt, document.salt);
  const plaintext = openBox(key, hexToBytes(document.box), utf8(head));
  if (plaintext) return plaintext;
  throw new KeyError("wrong-passphrase", `${path}: the passphrase is wrong`);
}
