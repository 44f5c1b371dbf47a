import { ascii, hex, integer, join, need, uint, unhex } from "./bytes.js";
import { parseCommand } from "./card/answer.js";
import { authorizeData, pinBlock } from "./card/pay.js";
import { keyProof } from "./card/respond.js";
import { APPLICATION_AID } from "./card/state.js";
import { isPoint } from "./crypto.js";
import { type DataGroup, readGroups, writeGroups } from "./personalize.js";
import { MAX_AMOUNT, SEALED_LENGTH, SEALED_TYPE } from "./sealed.js";
import { find, must, only, readObjects, tlv } from "./tlv.js";

/** Commands and data objects of the card application (specs/01), read and written. Bytes are hex. */
export type Words = Readonly<Record<string, unknown>>;

/** One kind of thing: how it is read, and how it is written. */
export interface Codec {
  /** @throws Refused */
  read(bytes: Uint8Array): Words;
  write(words: Words): Buffer;
}

const byte = (value: number): string => value.toString(16).padStart(2, "0");
const text = (words: Words, name: string): string => String(words[name]);

/** Digits of a PIN block (specs/01 §6.3). @throws Refused `size`, `control`, `length`, `digit`, `filler` */
export function readPinBlock(block: string): string {
  need(block.length === 16, "size");
  need(block.startsWith("2"), "control");
  const length = Number.parseInt(block[1] ?? "", 16);
  need(length >= 4 && length <= 12, "length");
  const digits = block.slice(2, 2 + length);
  need(/^\d+$/.test(digits), "digit");
  need(/^f*$/.test(block.slice(2 + length)), "filler");
  return digits;
}

/** @throws Refused with `path` in place of the part of the block that is wrong */
function pinAt(block: string, path: string): string {
  try {
    return readPinBlock(block);
  } catch {
    need(false, path);
    return "";
  }
}

/** A command with a fixed header. @param data length in bytes, or how the data is read */
function command(
  header: string,
  le: boolean,
  read: (data: Buffer) => Words,
  write: (words: Words) => Uint8Array,
): Codec {
  return {
    read(bytes) {
      const parsed = parseCommand(bytes);
      need(parsed !== undefined, "apdu");
      for (const [at, name] of ["cla", "ins", "p1", "p2"].entries()) {
        const wanted = header.slice(2 * at, 2 * at + 2);
        need(wanted === "xx" || hex(bytes.subarray(at, at + 1)) === wanted, name);
      }
      return read(parsed.data);
    },
    write(words) {
      const data = write(words);
      const length = data.length > 0 ? uint(data.length, 1) : Buffer.alloc(0);
      return join(unhex(header), length, data, unhex(le ? "00" : ""));
    },
  };
}

const length = (data: Uint8Array, wanted: number): void => need(data.length === wanted, "length");
const nothing = (data: Uint8Array): Words => {
  need(data.length === 0, "data");
  return {};
};
const none = (): Buffer => Buffer.alloc(0);

const storeHeader = command("84e2xxxx", false, (data) => ({ groups: readGroups(data) }), none);

export const COMMANDS: Readonly<Record<string, Codec>> = {
  "SELECT command": command(
    "00a40400",
    true,
    (data) => {
      need(data.length >= 5 && data.length <= 16, "aid");
      return { aid: hex(data) };
    },
    (words) => unhex(text(words, "aid")),
  ),
  "GET DATA C1 command": command("80ca00c1", true, nothing, none),
  "GET DATA 5F50 command": command("80ca5f50", true, nothing, none),
  "GET DATA C2 command": command("80ca00c2", true, nothing, none),
  "VERIFY command": command(
    "00200080",
    false,
    (data) => {
      length(data, 8);
      return { pin: pinAt(hex(data), "pin") };
    },
    (words) => unhex(pinBlock(text(words, "pin"))),
  ),
  "CHANGE REFERENCE DATA command": command(
    "00240080",
    false,
    (data) => {
      length(data, 16);
      return {
        oldPin: pinAt(hex(data.subarray(0, 8)), "oldPin"),
        newPin: pinAt(hex(data.subarray(8)), "newPin"),
      };
    },
    (words) => unhex(pinBlock(text(words, "oldPin")) + pinBlock(text(words, "newPin"))),
  ),
  "AUTHORIZE command": command(
    "80300000",
    true,
    (data) => {
      length(data, 40);
      const amount = integer(data.subarray(0, 8));
      need(amount > 0n && amount <= MAX_AMOUNT, "amount");
      return { amount, invoiceHash: hex(data.subarray(8)) };
    },
    (words) => authorizeData(BigInt(text(words, "amount")), text(words, "invoiceHash")),
  ),
  "IDENTIFY command": command(
    "80320000",
    true,
    (data) => {
      length(data, 32);
      return { challenge: hex(data) };
    },
    (words) => unhex(text(words, "challenge")),
  ),
  "UPDATE command": command(
    "80340000",
    false,
    (data) => {
      length(data, SEALED_LENGTH);
      need(data[0] === 3, "type");
      return { sealedUpdate: hex(data) };
    },
    (words) => unhex(text(words, "sealedUpdate")),
  ),
  "GENERATE KEY PAIR command": command(
    "84468000",
    true,
    (data) => {
      length(data, 16);
      return { challenge: hex(data) };
    },
    (words) => unhex(text(words, "challenge")),
  ),
  "STORE DATA command": {
    read(bytes) {
      const last = bytes[2] === 0x88;
      need(last || bytes[2] === 0x08, "p1");
      return { block: bytes[3], last, ...storeHeader.read(bytes) };
    },
    write({ block, last, groups }) {
      const header = `84e2${last ? "88" : "08"}${byte(Number(block))}`;
      return command(header, false, nothing, () => writeGroups(groups as readonly DataGroup[])).write({});
    },
  },
  "RESET command": command("84e40000", false, nothing, none),
};

const PUBLISHED = { available: 0x02, maxPerTransaction: 0x04, pinThreshold: 0x08 } as const;
type Published = keyof typeof PUBLISHED;
const VALUES = Object.keys(PUBLISHED) as Published[];

/** The 32 bytes of C1 (specs/01 §4.2). @throws Refused `length`, `major`, `lifecycle` */
export function readProfile(bytes: Uint8Array): Words {
  need(bytes.length === 32, "length");
  need(bytes[0] === 1, "major");
  const lifecycle = hex(bytes.subarray(2, 3));
  need(["01", "0f", "8f"].includes(lifecycle), "lifecycle");
  const capabilities = bytes[3] ?? 0;
  const values = VALUES.map((name, i) => {
    const value = integer(bytes.subarray(8 + 8 * i, 16 + 8 * i));
    return [name, capabilities & PUBLISHED[name] ? value : null];
  });
  return {
    major: 1,
    minor: bytes[1],
    lifecycle,
    pinSet: (capabilities & 1) === 1,
    ...Object.fromEntries(values),
  };
}

export function writeProfile(words: Words): Buffer {
  const given = VALUES.filter((name) => words[name] !== null);
  const capabilities = given.reduce((sum, name) => sum + PUBLISHED[name], words.pinSet ? 1 : 0);
  const start = `01${byte(Number(words.minor))}${text(words, "lifecycle")}${byte(capabilities)}00000000`;
  const amounts = VALUES.map((name) => uint(BigInt((words[name] ?? 0) as string), 8));
  return join(unhex(start), ...amounts);
}

/** @throws Refused `path` unless the bytes are a node URI (specs/01 §4.3) */
function readUri(bytes: Uint8Array, path: string): string {
  const uri = Buffer.from(bytes).toString("latin1");
  need(/^[\x21-\x7e]{1,200}$/.test(uri), path);
  return uri;
}

/** @throws Refused `path` in place of what is wrong in the profile */
function profileAt(bytes: Uint8Array, path: string): Words {
  need(bytes.length === 32, path);
  return readProfile(bytes);
}

const uriObject = (uri: unknown): string => tlv("5f50", hex(ascii(String(uri))));

export const RESPONSES: Readonly<Record<string, Codec>> = {
  profile: { read: readProfile, write: writeProfile },
  "SELECT response": {
    read(bytes) {
      const fci = readObjects(only(bytes, "6F"), "6F");
      need(hex(must(fci, "84")) === APPLICATION_AID, "84");
      const inner = readObjects(must(fci, "A5"), "A5");
      const uri = find(inner, "5F50");
      return {
        aid: APPLICATION_AID,
        profile: profileAt(must(inner, "C1"), "C1"),
        nodeUri: uri ? readUri(uri, "5F50") : null,
      };
    },
    write(words) {
      const profile = tlv("c1", hex(writeProfile(words.profile as Words)));
      const uri = words.nodeUri === null ? "" : uriObject(words.nodeUri);
      return unhex(tlv("6f", tlv("84", text(words, "aid")) + tlv("a5", profile + uri)));
    },
  },
  "GET DATA C1 response": {
    read: (bytes) => profileAt(only(bytes, "C1"), "C1"),
    write: (words) => unhex(tlv("c1", hex(writeProfile(words)))),
  },
  "GET DATA 5F50 response": {
    read: (bytes) => ({ nodeUri: readUri(only(bytes, "5F50"), "5F50") }),
    write: (words) => unhex(uriObject(words.nodeUri)),
  },
  "GET DATA C2 response": {
    read(bytes) {
      const sealed = only(bytes, "C2");
      need(sealed.length === SEALED_LENGTH && sealed[0] === SEALED_TYPE.certificate, "C2");
      return { certificate: hex(sealed) };
    },
    write: (words) => unhex(tlv("c2", text(words, "certificate"))),
  },
  "PIN block": {
    read: (bytes) => ({ pin: readPinBlock(hex(bytes)) }),
    write: (words) => unhex(pinBlock(text(words, "pin"))),
  },
  "GENERATE KEY PAIR response": {
    read(bytes) {
      const objects = readObjects(bytes, "7F49");
      const point = only(must(objects, "7F49"), "86");
      const signature = must(objects, "9E");
      need(point.length === 65 && isPoint(point), "86");
      need(signature.length === 64, "9E");
      return { point: hex(point), signature: hex(signature) };
    },
    write: (words) => keyProof(unhex(text(words, "point")), unhex(text(words, "signature"))),
  },
};
