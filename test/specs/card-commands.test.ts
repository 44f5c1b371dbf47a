import { describe, expect, test } from "vitest";
import { decodeProfile } from "../../apdu/commands/profile.js";
import {
  authorize,
  type CommandApdu,
  changePin,
  encodeCommandApdu,
  encodePinBlock,
  generateKeyPair,
  getCertificate,
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
import { bytesToHex, hexToBytes, type Msat } from "../../common/index.js";
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
type Fields = CommandVector["fields"];

const text = (fields: Fields, name: string): string => String(fields[name]);
const bytes = (fields: Fields, name: string): Uint8Array => hexToBytes(text(fields, name));
const groups = (fields: Fields) =>
  (fields.groups as { dgi: string; value: string }[]).map(({ dgi, value }) => ({
    dgi: Number.parseInt(dgi, 16),
    value: hexToBytes(value),
  }));

/** What a host writes, from the fields of the file. What a card makes of it, the reference implementation checks. */
const WRITTEN: Readonly<Record<string, (fields: Fields) => CommandApdu>> = {
  "SELECT command": (fields) => select.encodeRequest({ aid: bytes(fields, "aid") }),
  "GET DATA C1 command": () => getProfile.encodeRequest({}),
  "GET DATA 5F50 command": () => getNodeUri.encodeRequest({}),
  "GET DATA C2 command": () => getCertificate.encodeRequest({}),
  "VERIFY command": (fields) => verifyPin.encodeRequest({ pin: text(fields, "pin") }),
  "CHANGE REFERENCE DATA command": (fields) =>
    changePin.encodeRequest({ oldPin: text(fields, "oldPin"), newPin: text(fields, "newPin") }),
  "AUTHORIZE command": (fields) =>
    authorize.encodeRequest({
      amount: BigInt(text(fields, "amount")) as Msat,
      invoiceHash: bytes(fields, "invoiceHash"),
    }),
  "IDENTIFY command": (fields) => identify.encodeRequest({ challenge: bytes(fields, "challenge") }),
  "UPDATE command": (fields) => update.encodeRequest({ sealedUpdate: bytes(fields, "sealedUpdate") }),
  "GENERATE KEY PAIR command": (fields) =>
    generateKeyPair.encodeRequest({ challenge: bytes(fields, "challenge") }),
  "STORE DATA command": (fields) =>
    storeData.encodeRequest({
      block: Number(fields.block),
      last: fields.last === true,
      groups: groups(fields),
    }),
  "RESET command": () => reset.encodeRequest({}),
};

/** The lifecycle byte stands as hex in the file. */
const profileFields = ({ lifecycle, ...rest }: { lifecycle: number }) => ({
  ...(plain(rest) as object),
  lifecycle: lifecycle.toString(16).padStart(2, "0"),
});

/** What a host reads, as fields of the file. */
const READ: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  "SELECT response": (bytes) => {
    const { profile, ...rest } = select.decodeResponse(bytes);
    return { ...(plain(rest) as object), profile: profileFields(profile) };
  },
  "GET DATA C1 response": (bytes) => profileFields(getProfile.decodeResponse(bytes)),
  "GET DATA 5F50 response": (bytes) => ({ nodeUri: getNodeUri.decodeResponse(bytes) }),
  "GET DATA C2 response": (bytes) => ({ certificate: bytesToHex(getCertificate.decodeResponse(bytes)) }),
  "GENERATE KEY PAIR response": (bytes) => plain(generateKeyPair.decodeResponse(bytes)),
  profile: (bytes) => profileFields(decodeProfile(bytes)),
};

const { vectors } = readVectorFile<{ vectors: readonly CommandVector[] }>("card-commands.json");
const valid = (codecs: Readonly<Record<string, unknown>>) =>
  vectors.filter((vector) => vector.valid && vector.kind in codecs);

describe("commands, responses and data objects", () => {
  test("every kind is written or read here", () => {
    const known = [...Object.keys(WRITTEN), ...Object.keys(READ), "PIN block"];
    expect(vectors.map(({ kind }) => kind).filter((kind) => !known.includes(kind))).toEqual([]);
  });

  test.each(valid(WRITTEN).filter(({ canonical = true }) => canonical))(
    "$kind: $comment",
    ({ kind, hex, fields }) => {
      const written = WRITTEN[kind]?.(fields);
      expect(written && bytesToHex(encodeCommandApdu(written))).toBe(hex);
    },
  );

  test.each(valid({ "PIN block": encodePinBlock }))("$kind: $comment", ({ hex, fields }) => {
    expect(bytesToHex(encodePinBlock(text(fields, "pin")))).toBe(hex);
  });

  test.each(valid(READ))("$kind: $comment", ({ kind, hex, fields }) => {
    expect(READ[kind]?.(hexToBytes(hex))).toEqual(fields);
  });

  test.each(vectors.filter((vector) => !vector.valid && vector.kind in READ))(
    "refused, $kind: $comment",
    ({ kind, hex, error }) => {
      const field = kind === "profile" && error !== "length" ? { path: `profile/${error}` } : {};
      expect(() => READ[kind]?.(hexToBytes(hex))).toThrow(
        expect.objectContaining({ code: "parse", ...field }),
      );
    },
  );
});

test("the status words are those of the specification", () => {
  const file = readVectorFile<{ vectors: readonly { sw: string; name: string }[] }>("status-words.json");
  const numberOf = (sw: string) => Number.parseInt(sw.replaceAll("x", "0"), 16);
  const wanted = file.vectors.map(({ sw, name }) => [numberOf(sw), name]);
  const table = STATUS_WORDS.map(({ sw, name }) => [sw, name]);
  expect(table.toSorted()).toEqual(wanted.toSorted());
});
