import fc from "fast-check";
import { MAX_MSAT, msat, secp256k1 } from "../../common/index.js";
import type { InvoiceContent, RouteHop, UnsignedInvoice } from "../../lightning/bolt11/index.js";
import { featureBits } from "../../lightning/features.js";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** A secret key; all but 2^-128 of the 32-byte strings are one, the rest is filtered. */
export const secretKey = bytes(32).filter((key) => secp256k1.isSecretKey(key));

const hop: fc.Arbitrary<RouteHop> = fc.record({
  nodeId: secretKey.map((key) => secp256k1.publicKey(key)),
  shortChannelId: fc.bigInt(0n, 2n ** 64n - 1n),
  feeBase: fc.nat({ max: 0xffffffff }),
  feeProportional: fc.nat({ max: 0xffffffff }),
  cltvDelta: fc.nat({ max: 0xffff }),
});

const fallback = fc.oneof(
  fc.record({ version: fc.constantFrom(17, 18), program: bytes(20) }),
  fc.record({ version: fc.constant(0), program: fc.oneof(bytes(20), bytes(32)) }),
  fc.record({
    version: fc.integer({ min: 1, max: 16 }),
    program: fc.uint8Array({ minLength: 2, maxLength: 40 }),
  }),
);

const description = fc.oneof(
  fc.string({ unit: "binary", maxLength: 150 }).map((description) => ({ description })),
  bytes(32).map((descriptionHash) => ({ descriptionHash })),
);

const optional = fc.record(
  {
    expirySeconds: fc.nat({ max: 2 ** 31 }),
    minFinalCltv: fc.nat({ max: 10_000 }),
    features: fc
      .uniqueArray(fc.nat({ max: 300 }), { maxLength: 6 })
      .map((bits) => featureBits(8, 14, ...bits)),
    metadata: fc.uint8Array({ minLength: 1, maxLength: 100 }),
    routeHints: fc.array(fc.array(hop, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
    fallbacks: fc.array(fallback, { maxLength: 2 }),
    deputyNonce: bytes(32),
  },
  { requiredKeys: [] },
);

/** What an invoice can say, without a payee field. */
export const content: fc.Arbitrary<InvoiceContent> = fc
  .tuple(fc.record({ paymentHash: bytes(32), paymentSecret: bytes(32) }), description, optional)
  .map(([required, text, rest]) => ({ ...required, ...text, ...rest }));

/** Network, amount and time of an invoice. */
export const head: fc.Arbitrary<Omit<UnsignedInvoice, "fields">> = fc.record({
  network: fc.constantFrom("bc", "tb", "tbs", "bcrt", "sb"),
  amount: fc.option(
    fc.bigInt(1n, MAX_MSAT).map((value) => msat(value)),
    { nil: undefined },
  ),
  timestamp: fc.nat({ max: 2 ** 35 - 1 }),
});
