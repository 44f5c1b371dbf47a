import bolt11 from "bolt11";
import fc from "fast-check";
import light from "light-bolt11-decoder";
import { describe, expect, it } from "vitest";
import { bytesToHex, hexToBytes, secp256k1 } from "../../common/index.js";
import { decodeInvoice, encodeInvoice } from "../../lightning/bolt11/index.js";
import { hasFeature } from "../../lightning/features.js";
import vectors from "../../specs/vectors/bolt11-chequecard.json" with { type: "json" };
import { content, head, secretKey } from "./bolt11-arbitrary.js";

const hex = (bytes: Uint8Array) => bytesToHex(bytes);
const SIGNET = { bech32: "tbs", pubKeyHash: 0x6f, scriptHash: 0xc4, validWitnessVersions: [0, 1] };

describe("bolt11 and light-bolt11-decoder", () => {
  it("read what this codec writes", () => {
    fc.assert(
      fc.property(head, content, secretKey, (head, content, key) => {
        const text = encodeInvoice(head, content, key);

        const theirs = bolt11.decode(text, head.network === "tbs" ? SIGNET : undefined);
        expect(theirs.payeeNodeKey).toBe(hex(secp256k1.publicKey(key)));
        expect(theirs.millisatoshis ?? undefined).toBe(head.amount?.toString());
        expect(theirs.timestamp).toBe(head.timestamp);
        expect(theirs.tagsObject.payment_hash).toBe(hex(content.paymentHash));
        expect(theirs.tagsObject.payment_secret).toBe(hex(content.paymentSecret));
        if (content.description !== undefined)
          expect(theirs.tagsObject.description).toBe(content.description);
        expect(theirs.tagsObject.expire_time).toBe(content.expirySeconds);
        expect(theirs.tagsObject.min_final_cltv_expiry).toBe(content.minFinalCltv);
        const unknown = theirs.tags.filter(({ tagName }) => tagName === "unknownTag");
        const ours = Number(content.metadata !== undefined) + Number(content.deputyNonce !== undefined);
        expect(unknown).toHaveLength(ours);

        const sections = light.decode(text).sections as readonly { name: string; value?: unknown }[];
        const value = (name: string) => sections.find((section) => section.name === name)?.value;
        expect(value("amount")).toBe(head.amount?.toString());
        expect(value("timestamp")).toBe(head.timestamp);
        expect(value("payment_hash")).toBe(hex(content.paymentHash));
        expect(value("payment_secret")).toBe(hex(content.paymentSecret));
        expect(value("metadata")).toBe(content.metadata && hex(content.metadata));
        expect(value("expiry")).toBe(content.expirySeconds);
        expect(light.decode(text).route_hints).toEqual(
          (content.routeHints ?? []).map((hops) =>
            hops.map((hop) => ({
              pubkey: hex(hop.nodeId),
              short_channel_id: hop.shortChannelId.toString(16).padStart(16, "0"),
              fee_base_msat: hop.feeBase,
              fee_proportional_millionths: hop.feeProportional,
              cltv_expiry_delta: hop.cltvDelta,
            })),
          ),
        );
      }),
      { seed: 21, numRuns: 60 },
    );
  });

  it("bolt11 writes, this codec reads", () => {
    const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hex);
    fc.assert(
      fc.property(
        digest,
        digest,
        secretKey,
        fc.bigInt(1n, 2_100_000_000_000_000_000n),
        fc.string({ unit: "grapheme", maxLength: 80 }),
        fc.integer({ min: 1, max: 2 ** 31 }),
        fc.integer({ min: 1, max: 10_000 }),
        (payment_hash, payment_secret, key, amount, description, expiry, cltv) => {
          const unsigned = bolt11.encode({
            network: { bech32: "bcrt", pubKeyHash: 0x6f, scriptHash: 0xc4, validWitnessVersions: [0, 1] },
            millisatoshis: amount.toString(),
            timestamp: 1_700_000_000,
            tags: [
              { tagName: "payment_hash", data: payment_hash },
              { tagName: "payment_secret", data: payment_secret },
              { tagName: "description", data: description },
              { tagName: "expire_time", data: expiry },
              { tagName: "min_final_cltv_expiry", data: cltv },
            ],
          });
          const text = bolt11.sign(unsigned, hex(key)).paymentRequest ?? "";
          const invoice = decodeInvoice(text);
          expect(invoice).toMatchObject({
            network: "bcrt",
            amount,
            timestamp: 1_700_000_000,
            paymentHash: hexToBytes(payment_hash),
            paymentSecret: hexToBytes(payment_secret),
            description,
            expirySeconds: expiry,
            minFinalCltv: cltv,
            payee: secp256k1.publicKey(key),
          });
          expect(hasFeature(invoice.features, 14)).toBe(true);
        },
      ),
      { seed: 22, numRuns: 60 },
    );
  });

  it("accept what no node pays any more, which is why there is an own codec", () => {
    const { invoice = "" } = vectors.vectors.find(({ comment }) => comment === "no payment secret") ?? {};
    expect(bolt11.decode(invoice).complete).toBe(true);
    expect(light.decode(invoice).paymentRequest).toBe(invoice);
    expect(() => decodeInvoice(invoice)).toThrow("invoice/payment secret: missing");
  });
});
