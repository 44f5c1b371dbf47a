import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes, ParseError } from "../../common/index.js";
import type { Profile } from "../../lightning/bolt11/index.js";
import { featureBits } from "../../lightning/features.js";
import { formatNodeUri, parseNodeUri } from "../../lightning/node-uri.js";
import {
  chooseMedium,
  decodeOdtMessage,
  encodeOdtMessage,
  type OdtFraming,
  type OdtMedium,
  type OdtMessage,
  odtFromHex,
  odtToHex,
} from "../../lightning/odt/index.js";
import vectors from "../../specs/vectors/odt.json" with { type: "json" };

interface Fields {
  readonly kind: string;
  readonly preimage?: string;
  readonly uri?: string;
  readonly token?: string;
  readonly type?: number;
  readonly payload?: string;
}

/** A message in the words of the vectors. */
function inWords(message: OdtMessage): Fields {
  if (message.kind === "preimage") return { kind: message.kind, preimage: bytesToHex(message.preimage) };
  if (message.kind === "unknown")
    return { kind: message.kind, type: message.type, payload: bytesToHex(message.payload) };
  return { kind: message.kind, uri: formatNodeUri(message.uri), token: bytesToHex(message.token) };
}

function fromWords({
  kind,
  preimage = "",
  uri = "",
  token = "",
  type = 0,
  payload = "",
}: Fields): OdtMessage {
  if (kind === "preimage") return { kind, preimage: hexToBytes(preimage) };
  if (kind === "payment-authorization") return { kind, uri: parseNodeUri(uri), token: hexToBytes(token) };
  return { kind: "unknown", type, payload: hexToBytes(payload) };
}

/** The path that a reader's error names. */
function refusedAt(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ParseError) return error.path;
    throw error;
  }
  return "nothing was refused";
}

describe("messages of specs/vectors/odt.json", () => {
  it.each(vectors.vectors.filter(({ valid }) => valid))("$comment", ({ hex, fields, typeLength }) => {
    const framing = { typeLength } as OdtFraming;
    expect(inWords(decodeOdtMessage(hexToBytes(hex), framing))).toEqual(fields);
    expect(bytesToHex(encodeOdtMessage(fromWords(fields as Fields), framing))).toBe(hex);
  });

  it.each(vectors.vectors.filter(({ valid }) => !valid))(
    "refused: $comment",
    ({ hex, error, typeLength }) => {
      expect(refusedAt(() => decodeOdtMessage(hexToBytes(hex), { typeLength } as OdtFraming))).toBe(error);
    },
  );
});

describe("texts of specs/vectors/odt.json", () => {
  it.each(vectors.texts.filter(({ valid }) => valid))("$comment", ({ text, hex = "" }) => {
    expect(odtFromHex(text)).toEqual(decodeOdtMessage(hexToBytes(hex)));
    expect(odtToHex(odtFromHex(text))).toBe(hex.toUpperCase());
  });

  it.each(vectors.texts.filter(({ valid }) => !valid))("refused: $comment", ({ text, error }) => {
    expect(refusedAt(() => odtFromHex(text))).toBe(error);
  });
});

describe("node URIs of specs/vectors/odt.json", () => {
  it.each(vectors.uris.filter(({ valid }) => valid))("$comment", ({ text, fields, canonical = "" }) => {
    const { nodeId, ...rest } = parseNodeUri(text);
    expect({ pubkey: bytesToHex(nodeId), ...rest }).toEqual(fields);
    expect(formatNodeUri({ nodeId, ...rest })).toBe(canonical);
  });

  it.each(vectors.uris.filter(({ valid }) => !valid))("refused: $comment", ({ text, error }) => {
    expect(refusedAt(() => parseNodeUri(text))).toBe(error);
  });
});

describe("choice of a medium, specs/vectors/odt.json", () => {
  it.each(vectors.media)("$comment", ({ features, own, profile, medium, mayPay }) => {
    const choice = chooseMedium(featureBits(...features), own as OdtMedium[], profile as Profile);
    expect({ medium: choice.medium ?? null, mayPay: choice.mayPay }).toEqual({ medium, mayPay });
  });
});
