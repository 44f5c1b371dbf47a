import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes, msat, ParseError, secp256k1 } from "../../common/index.js";
import type { Network } from "../../lightning/network.js";
import { formatNodeUri, parseNodeUri } from "../../lightning/node-uri.js";
import { DenyList } from "../../offline/deny-list.js";
import type { AcceptancePack } from "../../offline/pack.js";
import { decodePackContent, encodePackContent } from "../../offline/pack-content.js";
import { PackError } from "../../offline/pack-error.js";
import { checkPack, openPack, writePack } from "../../offline/pack-file.js";
import vectors from "../../specs/vectors/offline-pack.json" with { type: "json" };
import { plain } from "../specs/vector-file.js";

type Words = NonNullable<(typeof vectors.vectors)[number]["fields"]>;

/** A pack in the words of the vectors. */
const inWords = ({ denied, nodes, ...pack }: AcceptancePack): unknown =>
  plain({ ...pack, denied: bytesToHex(denied.bytes).match(/.{16}/g) ?? [], nodes: nodes.map(formatNodeUri) });

const fromWords = (words: Words): AcceptancePack => ({
  ...words,
  issuer: hexToBytes(words.issuer),
  network: words.network as Network,
  sequence: BigInt(words.sequence),
  terminal: hexToBytes(words.terminal),
  keySets: words.keySets.map(({ id, sealKey, issuerPoint }) => ({
    id: hexToBytes(id),
    sealKey: hexToBytes(sealKey),
    issuerPoint: hexToBytes(issuerPoint),
  })),
  denied: DenyList.of(words.denied.map((id) => hexToBytes(id))),
  floorLimits: {
    ...words.floorLimits,
    perSale: msat(BigInt(words.floorLimits.perSale)),
    perCard: msat(BigInt(words.floorLimits.perCard)),
    perTerminal: msat(BigInt(words.floorLimits.perTerminal)),
  },
  nodes: words.nodes.map((uri) => parseNodeUri(uri)),
  guarantee: words.guarantee
    ? {
        ...words.guarantee,
        perCard: msat(BigInt(words.guarantee.perCard)),
        total: msat(BigInt(words.guarantee.total)),
      }
    : undefined,
});

/** What a reader's error names: the record where there is one, else the code. */
function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    const found = error instanceof PackError && error.cause instanceof ParseError ? error.cause : error;
    if (found instanceof ParseError) return found.path;
    if (found instanceof PackError) return found.code;
    throw error;
  }
  return "accepted";
}

const terminalKey = hexToBytes(vectors.keys.terminal);
const issuerKey = hexToBytes(vectors.keys.issuer);
const randomness = {
  ephemeralKey: hexToBytes(vectors.keys.ephemeral),
  nonce: hexToBytes(vectors.keys.nonce),
};

describe("contents of specs/vectors/offline-pack.json", () => {
  it.each(vectors.contents.filter(({ valid }) => valid))("$comment", (vector) => {
    const { hex, fields } = vector as { hex: string; fields: Words };
    expect(inWords(decodePackContent(hexToBytes(hex)))).toEqual(fields);
    if (!("canonical" in vector)) expect(bytesToHex(encodePackContent(fromWords(fields)))).toBe(hex);
  });

  it.each(vectors.contents.filter(({ valid }) => !valid))("refused: $comment", ({ hex, error }) => {
    expect(refusal(() => decodePackContent(hexToBytes(hex)))).toBe(error);
  });
});

describe("packs of specs/vectors/offline-pack.json", () => {
  it.each(vectors.vectors.filter(({ valid }) => valid))("$comment", async (vector) => {
    const { hex, fields } = vector as { hex: string; fields: Words };
    expect(inWords(openPack(hexToBytes(hex), terminalKey))).toEqual(fields);
    const sign = (digest: Uint8Array) => secp256k1.sign(digest, issuerKey);
    expect(bytesToHex(await writePack(fromWords(fields), sign, randomness))).toBe(hex);
  });

  it.each(vectors.vectors.filter(({ valid }) => !valid))("refused: $comment", ({ hex, error }) => {
    expect(refusal(() => openPack(hexToBytes(hex), terminalKey))).toBe(error);
  });

  it.each(vectors.installs)("installing: $comment", ({ expected, error }) => {
    const pack = openPack(hexToBytes(vectors.vectors[0]?.hex ?? ""), terminalKey);
    const { issuer, network, installed, now } = expected;
    const expectations = {
      issuer: hexToBytes(issuer),
      network: network as Network,
      installed: installed === null ? undefined : BigInt(installed),
      now,
    };
    expect(refusal(() => checkPack(pack, expectations))).toBe(error ?? "accepted");
  });
});
