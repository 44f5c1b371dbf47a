import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hexToBytes, ParseError, secp256k1, ValueError } from "../../common/index.js";
import { featureBits } from "../../lightning/features.js";
import { formatNodeUri, type NodeUri, parseNodeUri } from "../../lightning/node-uri.js";
import {
  acceptMessage,
  decodeOdtMessage,
  encodeOdtMessage,
  MAX_ODT_MESSAGE_LENGTH,
  type OdtMessage,
  type OpenSale,
  odtFromHex,
  odtToHex,
  paymentAuthorizationOf,
} from "../../lightning/odt/index.js";
import { announcedMedia, mediumBits } from "../../lightning/odt/media.js";

const SEED = 819;
const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });

const nodeId = bytes(32)
  .filter((key) => secp256k1.isSecretKey(key))
  .map((key) => secp256k1.publicKey(key));
const host = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((text) => text.toLowerCase()),
  fc.domain().map((name) => name.toLowerCase()),
  fc.constant(`${"abcdefghijklmnopqrstuvwxyz234567".repeat(2).slice(0, 56)}.onion`),
);
const nodeUri: fc.Arbitrary<NodeUri> = fc
  .record({ nodeId, host, port: fc.integer({ min: 1, max: 65535 }) })
  .filter((uri) => uri.host.length <= 120);
const message: fc.Arbitrary<OdtMessage> = fc.oneof(
  fc.record({ kind: fc.constant("preimage" as const), preimage: bytes(32) }),
  fc.record({ kind: fc.constant("payment-authorization" as const), uri: nodeUri, token: bytes(1, 1024) }),
  fc.record({
    kind: fc.constant("unknown" as const),
    type: fc.integer({ min: 2, max: 65535 }),
    payload: bytes(0, MAX_ODT_MESSAGE_LENGTH - 2),
  }),
);

describe("node URI", () => {
  it("what is written is read back, and written again the same", () => {
    fc.assert(
      fc.property(nodeUri, (uri) => {
        const text = formatNodeUri(uri);
        expect(parseNodeUri(text)).toEqual(uri);
        expect(formatNodeUri(parseNodeUri(text.toUpperCase().replace(/0X/g, "0x")))).toBe(text);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it("any text is read or refused with a ParseError", () => {
    const key = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    const unit = fc.constantFrom(...("0129afx@[]:.-% \n\0\u00e9\u{1f4b8}".match(/./gsu) ?? []));
    const text = fc.tuple(fc.constantFrom("", `${key}@`, `${key}@[`), fc.string({ unit, maxLength: 220 }));
    fc.assert(
      fc.property(text, ([head, tail]) => {
        try {
          parseNodeUri(head + tail);
        } catch (error) {
          expect(error).toBeInstanceOf(ParseError);
        }
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it("says what is missing in words", () => {
    const key = "02".padEnd(66, "a");
    expect(() => parseNodeUri(`${key.slice(0, 60)}@x:1`)).toThrow("need 66 hex digits before the @");
    const good = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    expect(() => parseNodeUri(`${good}@node.example.com`)).toThrow(
      "need a port after the host, usually :9735",
    );
    expect(() => parseNodeUri(`${good}@::1:9735`)).toThrow("must stand in brackets");
    expect(() => parseNodeUri(`${good}@1.2.3:9735`)).toThrow("four decimal numbers");
  });

  it("a part that cannot be written is named", () => {
    const nodeId = hexToBytes("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    expect(() => formatNodeUri({ nodeId, host: "a b", port: 1 })).toThrow(ValueError);
    expect(() => formatNodeUri({ nodeId, host: "ok", port: 0 })).toThrow("uri/port");
    expect(() => formatNodeUri({ nodeId: nodeId.slice(1), host: "ok", port: 1 })).toThrow("uri/pubkey");
    expect(() => formatNodeUri({ nodeId, host: "a@b", port: 1 })).toThrow(ValueError);
  });
});

describe("offline message", () => {
  it("what is written is read back, with types of either length", () => {
    fc.assert(
      fc.property(message, fc.constantFrom(1 as const, 2 as const), (written, typeLength) => {
        if (written.kind === "unknown" && typeLength === 1 && written.type > 255)
          expect(() => encodeOdtMessage(written, { typeLength })).toThrow(ValueError);
        else
          expect(decodeOdtMessage(encodeOdtMessage(written, { typeLength }), { typeLength })).toEqual(
            written,
          );
      }),
      { seed: SEED },
    );
  });

  it("goes through its text", () => {
    fc.assert(
      fc.property(message, (written) => {
        const text = odtToHex(written);
        expect(text).toMatch(/^[0-9A-F]+$/);
        expect(odtFromHex(` ${text.toLowerCase()}\n`)).toEqual(written);
      }),
      { seed: SEED },
    );
  });

  it("a known message cut off or extended at any length is refused", () => {
    fc.assert(
      fc.property(message, (written) => {
        if (written.kind === "unknown") return;
        const whole = encodeOdtMessage(written);
        for (let length = 0; length < whole.length; length++)
          expect(() => decodeOdtMessage(whole.subarray(0, length))).toThrow(ParseError);
        for (const more of [1, 2, 32, 100])
          expect(() => decodeOdtMessage(Uint8Array.of(...whole, ...new Uint8Array(more)))).toThrow(
            ParseError,
          );
      }),
      { seed: SEED, numRuns: 20 },
    );
  });

  it("any bytes are read or refused with a ParseError that holds none of them", () => {
    fc.assert(
      fc.property(bytes(0, 2100), (input) => {
        try {
          decodeOdtMessage(input);
        } catch (error) {
          expect(error).toBeInstanceOf(ParseError);
        }
      }),
      { seed: SEED },
    );
    const secret = "c0ffee".repeat(11);
    expect(() => odtFromHex(`0000${secret}`)).toThrow(/^(?!.*c0ffee)/i);
  });

  it("64 KiB are refused before anything runs over them", () => {
    expect(() => decodeOdtMessage(new Uint8Array(65536))).toThrow("need at most 2048 bytes, have 65536");
    expect(() => odtFromHex("0".repeat(131072))).toThrow("need at most 4096 hex digits");
  });

  it("refuses to write what a reader must refuse", () => {
    const uri = parseNodeUri("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798@a:1");
    const write = (value: OdtMessage) => () => encodeOdtMessage(value);
    expect(write({ kind: "preimage", preimage: new Uint8Array(31) })).toThrow("odt/preimage");
    expect(write({ kind: "payment-authorization", uri, token: new Uint8Array(0) })).toThrow("odt/token");
    expect(write({ kind: "payment-authorization", uri, token: new Uint8Array(1025) })).toThrow("odt/token");
    expect(write({ kind: "unknown", type: 1, payload: new Uint8Array(32) })).toThrow("known type");
    expect(write({ kind: "unknown", type: 65536, payload: new Uint8Array(0) })).toThrow("odt/type");
    expect(write({ kind: "unknown", type: 2, payload: new Uint8Array(2047) })).toThrow(ValueError);
  });

  it("is composed from what a card gave", () => {
    const text = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798@[::1]:9735";
    const token = new Uint8Array(149).fill(7);
    const composed = paymentAuthorizationOf(text, token);
    expect(decodeOdtMessage(encodeOdtMessage(composed))).toEqual({
      kind: "payment-authorization",
      uri: parseNodeUri(text),
      token,
    });
    expect(() => paymentAuthorizationOf("not a uri", token)).toThrow("card/uri");
  });
});

describe("media bits", () => {
  it("are odd, and differ between the profiles", () => {
    expect(mediumBits(["nfc", "qr"], "modern")).toEqual([269, 271]);
    expect(mediumBits(["qr", "nfc"], "draft-819")).toEqual([129, 131]);
    expect(announcedMedia(featureBits(269, 131), "modern")).toEqual(["qr"]);
    expect(announcedMedia(featureBits(269, 131), "draft-819")).toEqual(["nfc"]);
  });
});

describe("acceptance of a message", () => {
  const NOW = 1_700_000_000;
  const preimage = new Uint8Array(32).fill(5);
  const other = new Uint8Array(32).fill(6);
  const deputy: OpenSale = { paymentHash: sha256(preimage), expiresAt: NOW + 60, awaits: "preimage" };
  const counter: OpenSale = { paymentHash: sha256(other), expiresAt: NOW + 60, awaits: "token" };
  const uri = parseNodeUri("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798@a:1");
  const proof = (value: Uint8Array): OdtMessage => ({ kind: "preimage", preimage: value });
  const token: OdtMessage = { kind: "payment-authorization", uri, token: new Uint8Array(149) };

  it("a preimage opens its own sale, however many are open", () => {
    expect(acceptMessage(proof(preimage), [counter, deputy], NOW)).toEqual({
      accepted: true,
      kind: "preimage",
      sale: deputy,
      preimage,
    });
  });

  it("a token goes to the one sale that waits for a token", () => {
    expect(acceptMessage(token, [deputy, counter], NOW)).toMatchObject({ accepted: true, sale: counter });
  });

  it.each([
    ["nothing is open", proof(preimage), [], "no-open-sale"],
    ["only a sale that waits for a token is open", proof(other), [counter], "no-open-sale"],
    ["the preimage is another sale's", proof(other), [deputy], "no-match"],
    ["the sale has expired", proof(preimage), [{ ...deputy, expiresAt: NOW }], "expired"],
    ["a token, nothing waits for one", token, [deputy], "no-open-sale"],
    ["a token, and its sale has expired", token, [{ ...counter, expiresAt: NOW }], "expired"],
    ["a token, and two sales wait", token, [counter, { ...counter, paymentHash: preimage }], "ambiguous"],
    ["the type is unknown", { kind: "unknown", type: 9, payload: preimage }, [deputy], "unknown-type"],
  ] as const)("refused: %s", (_, offered, sales, reason) => {
    expect(acceptMessage(offered, sales, NOW)).toEqual({ accepted: false, reason });
  });

  it("an expired sale does not make a token ambiguous", () => {
    const sales = [{ ...counter, expiresAt: NOW - 1, paymentHash: preimage }, counter];
    expect(acceptMessage(token, sales, NOW)).toMatchObject({ accepted: true, sale: counter });
  });
});
