import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  authorize,
  CARD_AID,
  type CardProfile,
  CardStatusError,
  type CommandCodec,
  changePin,
  encodeCommandApdu,
  generateKeyPair,
  getNodeUri,
  getProfile,
  identify,
  LIFECYCLE,
  NO_LIMIT,
  queryPin,
  reset,
  select,
  send,
  storeData,
  type Transport,
  update,
  verifyPin,
} from "../../apdu/index.js";
import {
  bytesToHex,
  ChequecardError,
  hexToBytes,
  type Msat,
  msat,
  ParseError,
  sat,
  ValueError,
} from "../../common/index.js";
import { keyProof } from "../../reference/card/respond.js";
import { RESPONSES, type Words } from "../../reference/commands.js";

const HASH = new Uint8Array(32).fill(0xab);
const sealed = (type: number): Uint8Array => Uint8Array.from([type, ...new Uint8Array(148)]);
const PROFILE: CardProfile = {
  major: 1,
  minor: 0,
  lifecycle: LIFECYCLE.PERSONALIZED,
  pinSet: true,
  available: undefined,
  maxPerTransaction: 25_000_000n,
  pinThreshold: NO_LIMIT,
};
const URI = `02${"11".repeat(32)}@[2001:db8::1]:9735`;

/** What a card answers, from the reference implementation. */
const WORDS = { ...PROFILE, lifecycle: "0f", available: null };
const fci = (nodeUri: string | null): Uint8Array =>
  answer("SELECT response", { aid: bytesToHex(CARD_AID), profile: WORDS, nodeUri });
const profileObject = answer("GET DATA C1 response", WORDS);

function answer(kind: string, words: Words): Uint8Array {
  const codec = RESPONSES[kind];
  if (!codec) throw new Error(`no ${kind}`);
  return Uint8Array.from(codec.write(words));
}

// biome-ignore lint/suspicious/noExplicitAny: a list of codecs with unrelated request and response types
type AnyCodec = CommandCodec<any, any>;

const REQUESTS: readonly (readonly [AnyCodec, unknown, string])[] = [
  [select, { aid: CARD_AID }, "00a4040008f043484551554501" + "00"],
  [getProfile, {}, "80ca00c100"],
  [getNodeUri, {}, "80ca5f5000"],
  [verifyPin, { pin: "1234" }, "0020008008241234ffffffffff"],
  [verifyPin, { pin: "123456789012" }, "00200080082c123456789012ff"],
  [changePin, { oldPin: "1234", newPin: "98765" }, "0024008010241234ffffffffff2598765fffffffff"],
  [
    authorize,
    { amount: sat(2500), invoiceHash: HASH },
    `8030000028${"00000000002625a0"}${"ab".repeat(32)}00`,
  ],
  [identify, { challenge: HASH }, `8032000020${"ab".repeat(32)}00`],
  [update, { sealedUpdate: sealed(3) }, `8034000095${bytesToHex(sealed(3))}`],
  [generateKeyPair, { challenge: HASH.slice(16) }, `8446800010${"ab".repeat(16)}00`],
  [
    storeData,
    {
      block: 1,
      last: true,
      groups: [
        { dgi: 0x0102, value: Uint8Array.of(1, 2) },
        { dgi: 0x8101, value: HASH },
      ],
    },
    `84e2880128010202010281012${"0"}${"ab".repeat(32)}`,
  ],
  [reset, {}, "84e40000"],
];

describe("requests", () => {
  it.each(REQUESTS.map(([codec, request, hex]) => ({ name: codec.name, codec, request, hex })))(
    "$name",
    ({ codec, request, hex }) => {
      expect(bytesToHex(encodeCommandApdu(codec.encodeRequest(request)))).toBe(hex);
    },
  );
});

describe("values that must not be written", () => {
  const cases: readonly (readonly [string, () => unknown, string])[] = [
    [
      "amount 0",
      () => authorize.encodeRequest({ amount: 0n as Msat, invoiceHash: HASH }),
      "AUTHORIZE/amount",
    ],
    [
      "amount too great",
      () => authorize.encodeRequest({ amount: (2n ** 63n) as Msat, invoiceHash: HASH }),
      "AUTHORIZE/amount",
    ],
    [
      "hash too short",
      () => authorize.encodeRequest({ amount: sat(1), invoiceHash: HASH.slice(1) }),
      "AUTHORIZE/invoiceHash",
    ],
    ["PIN of 3", () => verifyPin.encodeRequest({ pin: "123" }), "3 digits"],
    ["PIN of 13", () => verifyPin.encodeRequest({ pin: "1234567890123" }), "13 digits"],
    ["PIN with letters", () => verifyPin.encodeRequest({ pin: "12a4" }), "other characters"],
    [
      "PIN with other digits",
      () => changePin.encodeRequest({ oldPin: "1234", newPin: "١٢٣٤" }),
      "other characters",
    ],
    ["challenge", () => identify.encodeRequest({ challenge: new Uint8Array(31) }), "need 32 bytes"],
    ["a status as an update", () => update.encodeRequest({ sealedUpdate: sealed(2) }), "UPDATE/data/type"],
    ["AID", () => select.encodeRequest({ aid: new Uint8Array(4) }), "SELECT/aid"],
    [
      "DGI too long",
      () =>
        storeData.encodeRequest({ block: 0, last: false, groups: [{ dgi: 1, value: new Uint8Array(255) }] }),
      "at most 254",
    ],
  ];
  it.each(cases)("%s", (_name, write, names) => {
    let error: unknown;
    try {
      write();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ChequecardError);
    expect((error as Error).message).toContain(names);
    expect((error as Error).message).not.toMatch(/123|1234567890123|12a4/);
  });
});

describe("responses", () => {
  it("SELECT carries the profile and the node URI", () => {
    expect(select.decodeResponse(fci(URI))).toEqual({ aid: CARD_AID, profile: PROFILE, nodeUri: URI });
    expect(select.decodeResponse(fci(null)).nodeUri).toBeUndefined();
    const longest = fci("x".repeat(200));
    expect(select.decodeResponse(longest).nodeUri).toHaveLength(200);
    expect(longest.length).toBeLessThanOrEqual(256);
  });

  it.each([
    ["no 6F", "8400", "need one object 6F"],
    ["no AID", "6f02a500", "6F/84: missing"],
    ["no profile", "6f0c8408f043484551554501a500", "A5/C1: missing"],
    ["profile too short", "6f0f8408f043484551554501a503c10101", "A5/C1: need 32 bytes, have 1"],
    ["two AIDs", "6f1484084343434343434343" + "84084343434343434343", "84: stands 2 times"],
  ])("SELECT refuses %s", (_name, hex, names) => {
    expect(() => select.decodeResponse(hexToBytes(hex))).toThrow(ParseError);
    expect(() => select.decodeResponse(hexToBytes(hex))).toThrow(names);
  });

  it("refuses another major version and an impossible lifecycle, and ignores reserved bytes", () => {
    const bytes = profileObject;
    const changed = (at: number, value: number) => {
      const copy = Uint8Array.from(bytes);
      copy[2 + at] = value;
      return copy;
    };
    expect(() => getProfile.decodeResponse(changed(0, 2))).toThrow("need protocol version 1, have 2");
    expect(() => getProfile.decodeResponse(changed(2, 0x03))).toThrow("need 01, 0F or 8F, have 03");
    expect(getProfile.decodeResponse(changed(5, 0x77))).toEqual(PROFILE);
  });

  it("AUTHORIZE and IDENTIFY want 149 bytes of their own type", () => {
    expect(authorize.decodeResponse(sealed(1))).toHaveLength(149);
    for (const bad of [sealed(2), sealed(3), sealed(9), sealed(1).slice(1), new Uint8Array(0)])
      expect(() => authorize.decodeResponse(bad)).toThrow(/^AUTHORIZE response/);
    expect(() => identify.decodeResponse(sealed(1))).toThrow(/^IDENTIFY response/);
  });

  it("commands without an answer want none", () => {
    for (const codec of [verifyPin, changePin, update, reset, storeData])
      expect(() => codec.decodeResponse(Uint8Array.of(1))).toThrow("need no data, have 1 bytes");
  });

  it("any bytes from a card are a value or a parse error", () => {
    const codecs: AnyCodec[] = [select, getProfile, getNodeUri, authorize, identify, generateKeyPair, update];
    const near = fc.constantFrom(
      bytesToHex(fci(URI)),
      bytesToHex(profileObject),
      bytesToHex(keyProof(new Uint8Array(65), new Uint8Array(64))),
      bytesToHex(sealed(1)),
    );
    const mutated = fc.tuple(near, fc.nat(300), fc.nat(255), fc.nat(300)).map(([hex, at, value, cut]) => {
      const bytes = hexToBytes(hex);
      bytes[at % bytes.length] = value;
      return bytes.slice(0, cut % 3 === 0 ? cut % bytes.length : bytes.length);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 258 }), mutated), (data) => {
        for (const codec of codecs) {
          try {
            codec.decodeResponse(data);
          } catch (error) {
            expect(error).toBeInstanceOf(ParseError);
            expect((error as ParseError).path).not.toBe("");
          }
        }
      }),
      { numRuns: 1500, seed: 1 },
    );
  });
});

describe("sending", () => {
  const card = (hex: string): Transport => ({ transmit: async () => hexToBytes(hex) });

  it("turns a refusal into its sentence", async () => {
    const refused = send(card("9c02"), authorize, { amount: msat(1n), invoiceHash: HASH });
    await expect(refused).rejects.toThrow(CardStatusError);
    await expect(refused).rejects.toMatchObject({
      sw: 0x9c02,
      command: "AUTHORIZE",
      hint: "There is not enough money on the card; ask for a smaller amount, a top-up or another payment.",
    });
  });

  it("asks how the PIN stands", async () => {
    expect(await queryPin(card("9000"))).toEqual({ state: "verified" });
    expect(await queryPin(card("63c2"))).toEqual({ state: "unverified", triesLeft: 2 });
    expect(await queryPin(card("6983"))).toEqual({ state: "blocked" });
    expect(await queryPin(card("6984"))).toEqual({ state: "none" });
    await expect(queryPin(card("9c04"))).rejects.toThrow(CardStatusError);
    await expect(queryPin(card("01" + "9000"))).rejects.toThrow(ParseError);
  });
});

it("ValueError is what encoders throw", () => {
  expect(() => encodeCommandApdu(storeData.encodeRequest({ block: 256, last: false, groups: [] }))).toThrow(
    ValueError,
  );
});
