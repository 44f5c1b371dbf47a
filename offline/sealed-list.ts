import { createHmac } from "node:crypto";
import { concatBytes, equalBytes, readU16, readU32, u8, u16, u32, utf8 } from "../common/bytes.js";
import { CodedError, ParseError } from "../common/errors.js";
import { isNetwork, type Network } from "../lightning/network.js";

export type BundleErrorCode =
  /** It is something else, or longer than any such file. */
  | "not-a-bundle"
  /** It ends before its content does, or goes on after it. */
  | "cut"
  | "newer-version"
  /** It is of a terminal that the reader does not know, or has revoked. */
  | "other-terminal"
  | "other-network"
  /** It was changed on its way, or made with another key. */
  | "damaged";

/** Why a bundle or a file of results is refused (specs/09 §7): nothing of it is used. The message never holds a key or token. */
export class BundleError extends CodedError<BundleErrorCode> {}

/** A kind of file that terminal and shop exchange. */
export interface ListForm {
  /** 4 bytes. */
  readonly magic: string;
  /** For sentences: "bundle". */
  readonly name: string;
  /** Tag of the key that authenticates it. */
  readonly tag: string;
}

/** What stands in front of the records. */
export interface ListHead {
  readonly network: Network;
  /** Of the terminal's deputy key, 4 bytes. */
  readonly keyId: Uint8Array;
  /** Names the terminal's file of sales, 16 bytes. */
  readonly fileId: Uint8Array;
  /** Unix seconds. */
  readonly madeAt: number;
}

/** Longest file in bytes: longer ones are refused unread. */
export const MAX_LIST_LENGTH = 32 * 1024 * 1024;
const VERSION = 1;
const MAC_LENGTH = 32;
const NETWORK_LENGTH = 4;
const HEAD_LENGTH = 4 + 1 + NETWORK_LENGTH + 4 + 16 + 4 + 4;
const COUNT_AT = HEAD_LENGTH - 4;

/** HMAC-SHA256 with the key that terminal key and tag make (specs/09 §7.1), 32 bytes. */
function macOf(terminalKey: Uint8Array, tag: string, bytes: Uint8Array): Uint8Array {
  const key = createHmac("sha256", terminalKey).update(tag).digest();
  return Uint8Array.from(createHmac("sha256", key).update(bytes).digest());
}

/** head | records | MAC. @param terminalKey of the deputy profile, 32 bytes @throws ValueError */
export function writeList(
  form: ListForm,
  head: ListHead,
  records: readonly Uint8Array[],
  terminalKey: Uint8Array,
): Uint8Array {
  const network = new Uint8Array(NETWORK_LENGTH);
  network.set(utf8(head.network));
  const bytes = concatBytes(
    utf8(form.magic),
    u8(VERSION),
    network,
    head.keyId,
    head.fileId,
    u32(head.madeAt),
    u32(records.length),
    ...records,
  );
  return concatBytes(bytes, macOf(terminalKey, form.tag, bytes));
}

/** Reads records one after the other. */
export class ListReader {
  readonly #bytes: Uint8Array;
  #at = HEAD_LENGTH;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bytes that are not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number, path: string): Uint8Array {
    if (this.left < length) throw new ParseError(path, `need ${length} bytes, have ${this.left}`);
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  u32(path: string): number {
    return readU32(this.take(4, path));
  }

  /** Text of Latin letters behind its length in two bytes. */
  text(path: string, maxLength: number): string {
    const length = readU16(this.take(2, path));
    if (length > maxLength)
      throw new ParseError(path, `need at most ${maxLength} characters, have ${length}`);
    const text = Buffer.from(this.take(length, path)).toString("latin1");
    if (!/^[\x20-\x7e]*$/.test(text)) throw new ParseError(path, "need plain ASCII");
    return text;
  }
}

/** Text of Latin letters behind its length in two bytes. */
export const sizedText = (text: string): Uint8Array => concatBytes(u16(text.length), utf8(text));

/**
 * Reads a file: form first, then who made it, then every record. Sizes come before cryptography.
 * @param terminalKeyOf the key of a terminal that is in use, 32 bytes
 * @throws BundleError
 */
export function readList<T>(
  form: ListForm,
  bytes: Uint8Array,
  network: Network,
  terminalKeyOf: (keyId: Uint8Array) => Uint8Array | undefined,
  record: (reader: ListReader, path: string) => T,
): { readonly head: ListHead; readonly records: readonly T[] } {
  const head = readHead(form, bytes);
  if (head.network !== network)
    throw new BundleError("other-network", `The ${form.name} is for another network than this node's.`);
  const key = terminalKeyOf(head.keyId);
  if (!key)
    throw new BundleError(
      "other-terminal",
      `The ${form.name} is of a terminal that is not known here, or is revoked.`,
      {
        hint: "See the terminals: chequecard deputy list --node FOLDER",
      },
    );
  const signed = bytes.subarray(0, bytes.length - MAC_LENGTH);
  if (!equalBytes(macOf(key, form.tag, signed), bytes.subarray(bytes.length - MAC_LENGTH)))
    throw damaged(form);
  try {
    const reader = new ListReader(signed);
    const count = readU32(bytes, COUNT_AT);
    const records: T[] = [];
    while (records.length < count && reader.left > 0)
      records.push(record(reader, `${form.name}/${records.length}`));
    if (records.length !== count || reader.left > 0) throw new ParseError(form.name, `need ${count} records`);
    return { head, records };
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw new BundleError("damaged", `The ${form.name} cannot be read: ${cause.message}.`, { cause });
  }
}

function readHead(form: ListForm, bytes: Uint8Array): ListHead {
  const isOne = bytes.length <= MAX_LIST_LENGTH && equalBytes(bytes.subarray(0, 4), utf8(form.magic));
  if (!isOne)
    throw new BundleError("not-a-bundle", `This is not a ${form.name} of a terminal.`, {
      hint: "Look for the file that the terminal, or the shop, has written.",
    });
  const version = bytes[4] ?? VERSION;
  if (version > VERSION)
    throw new BundleError(
      "newer-version",
      `The ${form.name} has version ${version}, this release reads ${VERSION}.`,
      {
        hint: "Update this side, too.",
      },
    );
  if (bytes.length < HEAD_LENGTH + MAC_LENGTH)
    throw new BundleError("cut", `The ${form.name} is not whole: ${bytes.length} bytes are there.`, {
      hint: "Copy it again from where it was written.",
    });
  const network = Buffer.from(bytes.subarray(5, 5 + NETWORK_LENGTH))
    .toString("latin1")
    .replace(/\0+$/, "");
  if (!isNetwork(network) || version !== VERSION) throw damaged(form);
  return {
    network,
    keyId: bytes.slice(9, 13),
    fileId: bytes.slice(13, 29),
    madeAt: readU32(bytes, 29),
  };
}

const damaged = (form: ListForm): BundleError =>
  new BundleError(
    "damaged",
    `The ${form.name} is not whole, was changed since it was made, or is not of this terminal.`,
    {
      hint: "Copy it again from where it was written.",
    },
  );
