import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytesToHex,
  concatBytes,
  hexToBytes,
  msat,
  ParseError,
  secp256k1,
  ValueError,
} from "../../common/index.js";
import {
  buildOnion,
  decodeHopPayload,
  encodeFailure,
  encodeHopPayload,
  FAILURE_ONION_LENGTH,
  failureOnion,
  type HopPayload,
  ONION_LENGTH,
  OnionError,
  peelOnion,
  wrapFailure,
} from "../../lightning/onion/index.js";
import { decodeBigSize, encodeTlvStream } from "../../lightning/tlv.js";
import official from "../../specs/vectors/onion.json" with { type: "json" };
import failure from "../../specs/vectors/onion-failure.json" with { type: "json" };

const officialHops = official.generate.hops.map(({ pubkey, payload }) => {
  const framed = hexToBytes(payload);
  const { next } = decodeBigSize(framed);
  return { nodeId: hexToBytes(pubkey), payload: framed.slice(next) };
});
const sessionKey = hexToBytes(official.generate.session_key);
const associatedData = hexToBytes(official.generate.associated_data);

describe("official onion of BOLT 4", () => {
  it("is built, byte for byte", () => {
    expect(bytesToHex(buildOnion(officialHops, { sessionKey, associatedData }))).toBe(official.onion);
  });

  it("is peeled by one hop after the other", () => {
    let onion: Uint8Array | undefined = hexToBytes(official.onion);
    for (const [i, secret] of official.decode.entries()) {
      if (!onion) throw new Error(`ends before hop ${i}`);
      const peeled = peelOnion(onion, hexToBytes(secret), associatedData);
      expect(bytesToHex(peeled.payload)).toBe(bytesToHex(officialHops[i]?.payload ?? new Uint8Array()));
      onion = peeled.next;
    }
    expect(onion).toBeUndefined();
  });
});

describe("official failure onion of BOLT 4", () => {
  const secrets = failure.generate.hops.map(({ hop_shared_secret: secret }) => hexToBytes(secret));

  it("is made by the node that fails the HTLC, and wrapped by those before it, byte for byte", () => {
    const made = failureOnion(secrets.at(-1) as Uint8Array, hexToBytes(failure.generate.failure_message));
    expect(made).toHaveLength(FAILURE_ONION_LENGTH);
    const returned = secrets.slice(0, -1).reduceRight((packet, secret) => wrapFailure(secret, packet), made);
    expect(bytesToHex(returned)).toBe(failure.errorpacket);
  });

  it("holds message and padding of 256 bytes in all under the `um` key", () => {
    const { payload, um_key: um } = failure.generate.hops.at(-1) as { payload: string; um_key: string };
    const secret = secrets.at(-1) as Uint8Array;
    const clear = wrapFailure(secret, failureOnion(secret, hexToBytes("2002")));
    expect(bytesToHex(clear.subarray(32))).toBe(payload);
    expect(clear.slice(0, 32)).toEqual(hmac(sha256, hexToBytes(um), hexToBytes(payload)));
  });

  it("takes the failures of a final node, and nothing longer than 256 bytes", () => {
    const details = { amount: msat(500_000n), blockHeight: 440 };
    const refused = encodeFailure({ name: "incorrect_or_unknown_payment_details", ...details });
    expect(bytesToHex(refused)).toBe("400f" + "000000000007a120" + "000001b8");
    expect(bytesToHex(encodeFailure({ name: "mpp_timeout" }))).toBe("0017");
    const secret = secrets[0] as Uint8Array;
    expect(failureOnion(secret, new Uint8Array(256))).toHaveLength(FAILURE_ONION_LENGTH);
    expect(() => failureOnion(secret, new Uint8Array(257))).toThrow(ValueError);
    expect(() => failureOnion(secret.subarray(1), new Uint8Array(2))).toThrow(ValueError);
  });
});

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const key = bytes(32).filter((key) => secp256k1.isSecretKey(key));
const route = fc
  .array(fc.tuple(key, fc.uint8Array({ minLength: 2, maxLength: 300 })), { minLength: 1, maxLength: 6 })
  .filter((hops) => hops.reduce((sum, [, payload]) => sum + payload.length + 35, 0) <= 1300);

describe("onions", () => {
  it("hand every hop its payload, and end at the last", () => {
    fc.assert(
      fc.property(route, key, bytes(32), (hops, sessionKey, associatedData) => {
        const built = hops.map(([key, payload]) => ({ nodeId: secp256k1.publicKey(key), payload }));
        let onion: Uint8Array | undefined = buildOnion(built, { sessionKey, associatedData });
        for (const [key, payload] of hops) {
          expect(onion).toHaveLength(ONION_LENGTH);
          const peeled = peelOnion(onion as Uint8Array, key, associatedData);
          expect(peeled.payload).toEqual(payload);
          onion = peeled.next;
        }
        expect(onion).toBeUndefined();
      }),
      { seed: 41, numRuns: 40 },
    );
  });

  it("fill the 1300 bytes to the last one, and no further", () => {
    const hop = (length: number) => ({
      nodeId: secp256k1.publicKey(sessionKey),
      payload: new Uint8Array(length),
    });
    const onion = buildOnion([hop(100), hop(1300 - 133 - 35)], { sessionKey, associatedData });
    const { next } = peelOnion(onion, sessionKey, associatedData);
    expect(peelOnion(next as Uint8Array, sessionKey, associatedData)).toMatchObject({
      payload: new Uint8Array(1132),
      next: undefined,
    });
    expect(() => buildOnion([hop(100), hop(1133)], { sessionKey, associatedData })).toThrow(ValueError);
    expect(() => buildOnion([hop(1)], { sessionKey, associatedData })).toThrow(ValueError);
    expect(() => buildOnion([], { sessionKey, associatedData })).toThrow(ValueError);
  });

  const onion = hexToBytes(official.onion);
  const first = hexToBytes(official.decode[0] ?? "");
  const code = (bytes: Uint8Array, key = first, data = associatedData): string => {
    try {
      peelOnion(bytes, key, data);
    } catch (error) {
      if (error instanceof OnionError) return error.code;
      throw error;
    }
    return "peeled";
  };

  it("are refused when anything is changed, cut or for somebody else", () => {
    expect(code(onion)).toBe("peeled");
    expect(code(onion.subarray(1))).toBe("invalid_onion_version");
    expect(code(new Uint8Array(65_536))).toBe("invalid_onion_version");
    expect(code(onion.with(0, 1))).toBe("invalid_onion_version");
    expect(code(onion.with(1, 4))).toBe("invalid_onion_key");
    expect(code(onion, hexToBytes(official.decode[1] ?? ""))).toBe("invalid_onion_hmac");
    expect(code(onion, first, new Uint8Array(32))).toBe("invalid_onion_hmac");
    fc.assert(
      fc.property(
        fc.integer({ min: 34, max: ONION_LENGTH - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, flip) => {
          expect(code(onion.with(at, (onion[at] ?? 0) ^ flip))).toBe("invalid_onion_hmac");
        },
      ),
      { seed: 42, numRuns: 60 },
    );
  });

  it("are refused when the sender's length of a payload is wrong", () => {
    const nodeId = secp256k1.publicKey(first);
    const wrong = (length: number) => {
      const payload = new Uint8Array(300);
      const built = buildOnion([{ nodeId, payload }], { sessionKey, associatedData });
      return rewriteLength(built, length);
    };
    for (const length of [0, 1, 1300, 0xffff]) expect(code(wrong(length))).toBe("invalid_onion_payload");
    expect(code(wrong(300))).toBe("peeled");
  });

  /** The onion with another length in front of the first payload, and an HMAC that fits again. */
  function rewriteLength(built: Uint8Array, length: number): Uint8Array {
    const mac = (secret: Uint8Array, data: Uint8Array) =>
      hmac(sha256, hmac(sha256, new TextEncoder().encode("mu"), secret), data);
    const secret = secp256k1.ecdh(first, built.subarray(1, 34));
    const payloads = built.slice(34, 1334);
    const old = [0xfd, 300 >> 8, 300 & 0xff];
    const wanted = length < 0xfd ? [length, old[1], old[2]] : [0xfd, length >> 8, length & 0xff];
    for (const [i, byte] of wanted.entries()) payloads[i] = (payloads[i] ?? 0) ^ (old[i] ?? 0) ^ (byte ?? 0);
    return concatBytes(built.subarray(0, 34), payloads, mac(secret, concatBytes(payloads, associatedData)));
  }
});

describe("payload of a hop", () => {
  const amount = fc.bigInt(0n, 2_100_000_000_000_000_000n).map((value) => msat(value));
  const payload: fc.Arbitrary<HopPayload> = fc
    .record({ amountToForward: amount, outgoingCltv: fc.nat({ max: 0xffffffff }) })
    .chain((base) =>
      fc
        .record(
          {
            shortChannelId: fc.bigInt(0n, 2n ** 64n - 1n),
            paymentData: fc.record({ paymentSecret: bytes(32), total: amount }),
            paymentMetadata: fc.uint8Array({ minLength: 1, maxLength: 80 }),
            deputy: fc.record({ nonce: bytes(32), invoiceAmount: amount }),
            unknown: fc.constantFrom(
              [{ type: 13n, value: new Uint8Array(3) }],
              [
                { type: 1n, value: new Uint8Array(0) },
                { type: 5_482_373_485n, value: new Uint8Array(2) },
              ],
            ),
          },
          { requiredKeys: [] },
        )
        .map((rest) => ({ ...base, ...rest })),
    );

  it("comes back as it was written", () => {
    fc.assert(
      fc.property(payload, (payload) => {
        expect(decodeHopPayload(encodeHopPayload(payload), "draft-819")).toEqual(payload);
      }),
      { seed: 43 },
    );
  });

  it("with the draft's record is refused by today's rules", () => {
    const deputy = { nonce: new Uint8Array(32), invoiceAmount: msat(1000n) };
    const bytes = encodeHopPayload({ amountToForward: msat(1n), outgoingCltv: 1, deputy });
    expect(() => decodeHopPayload(bytes, "modern")).toThrow("payload/12: unknown record of an even type");
  });

  it.each([
    ["payload/amount to forward: missing", [{ type: 4n, value: Uint8Array.of(1) }]],
    ["payload/outgoing cltv: missing", [{ type: 2n, value: Uint8Array.of(1) }]],
    ["payload/short channel id: need 8 bytes", [{ type: 6n, value: Uint8Array.of(1) }]],
    ["payload/payment data: need at least 32 bytes", [{ type: 8n, value: new Uint8Array(31) }]],
    ["payload/dpp: need 40 bytes, have 10", [{ type: 12n, value: new Uint8Array(10) }]],
    ["payload/dpp/invoice amount", [{ type: 12n, value: new Uint8Array(40).fill(0xff) }]],
    ["payload/18: unknown record", [{ type: 18n, value: new Uint8Array(0) }]],
  ] as const)("is refused: %s", (problem, records) => {
    const usual = [2n, 4n].map((type) => ({ type, value: Uint8Array.of(1) }));
    const all = problem.includes("missing") ? records : [...usual, ...records];
    expect(() => decodeHopPayload(encodeTlvStream(all), "draft-819")).toThrow(ParseError);
    expect(() => decodeHopPayload(encodeTlvStream(all), "draft-819")).toThrow(problem);
  });

  it("of any bytes is a payload or a typed error", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.constantFrom("modern", "draft-819"),
        (bytes, profile) => {
          try {
            decodeHopPayload(bytes, profile);
          } catch (error) {
            expect(error).toBeInstanceOf(ParseError);
          }
        },
      ),
      { seed: 44, numRuns: 300 },
    );
  });
});
