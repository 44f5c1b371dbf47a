import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import bolt11 from "bolt11";
import fc from "fast-check";
import light from "light-bolt11-decoder";
import * as ldk from "lightningdevkit";
import { beforeAll, describe, expect, it } from "vitest";
import { bytesToHex, type Msat, msat, secp256k1 } from "../../common/index.js";
import { canonicalInvoice, checkInvoice, decodeInvoice } from "../../lightning/bolt11/index.js";
import {
  type DeputyProfile,
  decodeMetadata,
  makeDeputyInvoice,
  paymentSecret,
  readDeputyProfile,
  type SecretScheme,
  writeDeputyProfile,
} from "../../lightning/dpp/index.js";
import { loadLdk } from "../../lightning/nodes/ldk/load.js";
import { hopFrom, PROFILE, RECIPIENT_KEY, ROUTER_KEY, TIME } from "./dpp-terminal.js";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const secretKey = bytes(32).filter((key) => secp256k1.isSecretKey(key));

const scheme: fc.Arbitrary<SecretScheme> = fc.oneof(
  fc.constant({ type: "derived" as const }),
  fc.record({
    type: fc.constant("ldk-user-payment-hash" as const),
    metadataKey: bytes(32),
    userPmtHashKey: bytes(32),
  }),
);
const profile: fc.Arbitrary<DeputyProfile> = fc.record({
  network: fc.constantFrom("bc", "tb", "tbs", "bcrt", "sb"),
  name: fc.string({ minLength: 1, maxLength: 64 }),
  payeeKey: secretKey,
  routeHints: fc
    .array(fc.bigInt(0n, 2n ** 64n - 1n), { minLength: 1, maxLength: 3 })
    .map((ids) => ids.map((id) => [hopFrom(ROUTER_KEY, id, 100), hopFrom(RECIPIENT_KEY, id)])),
  secretScheme: scheme,
  keyId: bytes(4),
  terminalKey: bytes(32),
  minFinalCltv: fc.integer({ min: 40, max: 2016 }),
  multiPart: fc.boolean(),
  media: fc.subarray(["nfc", "qr"] as const),
});
const request = fc.record({
  amount: fc.bigInt(1n, 2_100_000_000_000_000_000n).map((value) => msat(value)),
  description: fc.string({ maxLength: 100 }),
  expirySeconds: fc.integer({ min: 1, max: 86_400 }),
});

const make = (
  profile: DeputyProfile,
  request: { amount: Msat; description: string; expirySeconds: number },
) => makeDeputyInvoice(profile, request, { now: () => TIME });

describe("deputy invoices of the modern profile", () => {
  beforeAll(loadLdk);

  it("say what the profile and the sale say, and nothing of the draft", () => {
    fc.assert(
      fc.property(profile, request, (profile, request) => {
        const made = make(readDeputyProfile(writeDeputyProfile(profile)), request);
        expect(canonicalInvoice(made.invoice)).toBe(made.invoice);
        const invoice = decodeInvoice(made.invoice);
        checkInvoice(invoice, { network: profile.network, now: TIME });
        expect(invoice).toMatchObject({
          amount: request.amount,
          description: request.description,
          paymentHash: made.paymentHash,
          expiresAt: made.expiresAt,
          minFinalCltv: profile.minFinalCltv,
          routeHints: profile.routeHints,
          payee: secp256k1.publicKey(profile.payeeKey),
          deputyNonce: undefined,
        });
        expect(invoice.features.has(22) || invoice.features.has(23)).toBe(false);
        expect(decodeMetadata(invoice.metadata ?? new Uint8Array())).toMatchObject({
          keyId: profile.keyId,
          amount: request.amount,
          expiresAt: TIME + request.expirySeconds,
        });
      }),
      { seed: 51, numRuns: 60 },
    );
  });

  it("are read by bolt11, light-bolt11-decoder and LDK alike", () => {
    // bolt11 does not know signet, and LDK reads no amount above 2^64 pico-bitcoin.
    const theirs = fc
      .tuple(profile, request)
      .filter(([{ network }, { amount }]) => network !== "tbs" && amount * 10n < 2n ** 64n);
    fc.assert(
      fc.property(theirs, ([profile, request]) => {
        const { invoice, paymentHash } = make(profile, request);
        const payee = bytesToHex(secp256k1.publicKey(profile.payeeKey));
        const hash = bytesToHex(paymentHash);
        expect(bolt11.decode(invoice)).toMatchObject({
          payeeNodeKey: payee,
          millisatoshis: request.amount.toString(),
          tagsObject: { payment_hash: hash, expire_time: request.expirySeconds },
        });
        expect(light.decode(invoice).sections).toContainEqual(
          expect.objectContaining({ name: "payment_hash", value: hash }),
        );
        const parsed = ldk.Bolt11Invoice.constructor_from_str(invoice);
        if (!(parsed instanceof ldk.Result_Bolt11InvoiceParseOrSemanticErrorZ_OK))
          throw new Error("LDK refuses it");
        expect(parsed.res.check_signature().is_ok()).toBeTruthy();
        expect(bytesToHex(parsed.res.recover_payee_pub_key())).toBe(payee);
        expect(bytesToHex(parsed.res.payment_hash())).toBe(hash);
        expect(parsed.res.amount_milli_satoshis()).toEqual(expect.objectContaining({ some: request.amount }));
      }),
      { seed: 52, numRuns: 25 },
    );
  });

  it("carry the payment secret that LDK makes for a hash from outside", () => {
    const material = bytes(32);
    fc.assert(
      fc.property(material, bytes(32), request, (material, paymentHash, { amount, expirySeconds }) => {
        const { metadataKey, userPmtHashKey } = expandInboundKey(material);
        const made = ldk.UtilMethods.constructor_create_from_hash(
          ldk.ExpandedKey.constructor_new(material),
          ldk.Option_u64Z.constructor_some(amount),
          paymentHash,
          expirySeconds,
          BigInt(TIME),
          ldk.Option_u16Z.constructor_none(),
        );
        if (!(made instanceof ldk.Result_ThirtyTwoBytesNoneZ_OK)) throw new Error("LDK refuses it");
        const ours = paymentSecret(
          { type: "ldk-user-payment-hash", metadataKey, userPmtHashKey },
          {
            paymentHash,
            amount,
            expiresAt: TIME + expirySeconds,
            metadata: new Uint8Array(33),
            terminalKey: PROFILE.terminalKey,
          },
        );
        expect(bytesToHex(ours)).toBe(bytesToHex(made.res));
      }),
      { seed: 53, numRuns: 25 },
    );
  });
});

/** LDK's key schedule: HKDF with two of its outputs, as its nodes do it from their inbound key material. */
function expandInboundKey(material: Uint8Array) {
  const out = hkdf(
    sha256,
    material,
    new TextEncoder().encode("LDK Inbound Payment Key Expansion"),
    undefined,
    96,
  );
  return { metadataKey: out.slice(0, 32), userPmtHashKey: out.slice(64, 96) };
}
