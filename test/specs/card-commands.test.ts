import { describe, expect, test } from "vitest";
import { decodeProfile, encodeProfile } from "../../apdu/commands/profile.js";
import {
  authorize,
  type CommandCodec,
  changePin,
  decodeCommandApdu,
  decodePinBlock,
  encodeCommandApdu,
  encodePinBlock,
  generateKeyPair,
  getNodeUri,
  getProfile,
  identify,
  reset,
  STATUS_WORDS,
  select,
  storeData,
  update,
  verifyPin,
} from "../../apdu/index.js";
import { bytesToHex, hexToBytes } from "../../common/index.js";
import { plain, readVectorFile } from "./vector-file.js";

interface CommandVector {
  readonly comment: string;
  readonly kind: string;
  readonly valid: boolean;
  readonly canonical?: boolean;
  readonly hex: string;
  readonly fields: Record<string, unknown>;
  readonly error?: string;
}
/** Reads the bytes to fields as they stand in the file; writes what was read. */
interface Codec {
  read(bytes: Uint8Array): unknown;
  write(value: unknown): Uint8Array;
  fields?(value: unknown): unknown;
}

const commandOf = (codec: CommandCodec<never, never>): Codec => ({
  read: (bytes) => codec.decodeRequest(decodeCommandApdu(bytes)),
  write: (value) => encodeCommandApdu(codec.encodeRequest(value as never)),
});
const responseOf = (codec: CommandCodec<never, never>): Codec => ({
  read: (bytes) => codec.decodeResponse(bytes),
  write: (value) => codec.encodeResponse(value as never),
});
/** The lifecycle byte stands as hex in the file. */
const profileFields = (value: unknown): unknown => {
  const profile = value as { lifecycle: number };
  return { ...(plain(profile) as object), lifecycle: profile.lifecycle.toString(16).padStart(2, "0") };
};
const hexDgi = (value: unknown): unknown => {
  const { block, last, groups } = value as {
    block: number;
    last: boolean;
    groups: { dgi: number; value: Uint8Array }[];
  };
  const named = groups.map((group) => ({
    dgi: group.dgi.toString(16).padStart(4, "0"),
    value: plain(group.value),
  }));
  return { block, last, groups: named };
};

const CODECS: Readonly<Record<string, Codec>> = {
  "SELECT command": commandOf(select as never),
  "GET DATA C1 command": commandOf(getProfile as never),
  "GET DATA 5F50 command": commandOf(getNodeUri as never),
  "VERIFY command": commandOf(verifyPin as never),
  "CHANGE REFERENCE DATA command": commandOf(changePin as never),
  "AUTHORIZE command": commandOf(authorize as never),
  "IDENTIFY command": commandOf(identify as never),
  "UPDATE command": commandOf(update as never),
  "GENERATE KEY PAIR command": commandOf(generateKeyPair as never),
  "STORE DATA command": { ...commandOf(storeData as never), fields: hexDgi },
  "RESET command": commandOf(reset as never),
  "SELECT response": {
    ...responseOf(select as never),
    fields: (value) => {
      const { profile, ...rest } = value as { profile: unknown };
      return { ...(plain(rest) as object), profile: profileFields(profile) };
    },
  },
  "GET DATA C1 response": { ...responseOf(getProfile as never), fields: profileFields },
  "GET DATA 5F50 response": { ...responseOf(getNodeUri as never), fields: (nodeUri) => ({ nodeUri }) },
  "GENERATE KEY PAIR response": responseOf(generateKeyPair as never),
  profile: { read: decodeProfile, write: encodeProfile as never, fields: profileFields },
  "PIN block": { read: decodePinBlock, write: encodePinBlock as never, fields: (pin) => ({ pin }) },
};
const { vectors } = readVectorFile<{ vectors: readonly CommandVector[] }>("card-commands.json");

describe("commands, responses and data objects", () => {
  test("every kind has a codec here", () => {
    expect(vectors.map(({ kind }) => kind).filter((kind) => !CODECS[kind])).toEqual([]);
  });

  test.each(vectors.filter(({ valid }) => valid))(
    "$kind: $comment",
    ({ kind, canonical = true, hex, fields }) => {
      const codec = CODECS[kind] as Codec;
      const value = codec.read(hexToBytes(hex));
      expect((codec.fields ?? plain)(value)).toEqual(fields);
      if (canonical) expect(bytesToHex(codec.write(value))).toBe(hex);
    },
  );

  test.each(vectors.filter(({ valid }) => !valid))("refused, $kind: $comment", ({ kind, hex, error }) => {
    const codec = CODECS[kind] as Codec;
    const field = kind === "profile" && error !== "length" ? { path: `profile/${error}` } : {};
    expect(() => codec.read(hexToBytes(hex))).toThrow(expect.objectContaining({ code: "parse", ...field }));
  });
});

test("the status words are those of the specification", () => {
  const file = readVectorFile<{ vectors: readonly { sw: string; name: string }[] }>("status-words.json");
  const numberOf = (sw: string) => Number.parseInt(sw.replaceAll("x", "0"), 16);
  const wanted = file.vectors.map(({ sw, name }) => [numberOf(sw), name]);
  const table = STATUS_WORDS.map(({ sw, name }) => [sw, name]);
  expect(table.toSorted()).toEqual(wanted.toSorted());
});
