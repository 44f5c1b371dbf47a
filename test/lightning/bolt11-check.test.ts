import { describe, expect, it } from "vitest";
import { type Msat, msat } from "../../common/index.js";
import {
  checkInvoice,
  decodeInvoice,
  encodeInvoice,
  type InvoiceContent,
  invoiceProblem,
} from "../../lightning/bolt11/index.js";
import { featureBits } from "../../lightning/features.js";
import type { Network } from "../../lightning/network.js";

const TIME = 1_700_000_000;
const make = (content: Partial<InvoiceContent> = {}, network: Network = "bc", amount?: Msat) =>
  decodeInvoice(
    encodeInvoice(
      { network, amount, timestamp: TIME },
      { paymentHash: new Uint8Array(32), paymentSecret: new Uint8Array(32), description: "beer", ...content },
      new Uint8Array(32).fill(5),
    ),
  );
const paid = (content: Partial<InvoiceContent> = {}, network: Network = "bc") =>
  make(content, network, msat(1000n));

describe("whether an invoice can be paid here and now", () => {
  it.each([
    [
      paid({}, "tb"),
      TIME,
      "network",
      "for another network: the invoice is for testnet, here it is bitcoin mainnet",
    ],
    [make(), TIME, "amountless", "without an amount: the payer would have to choose it"],
    [paid(), TIME + 3600, "expired", "expired 0 seconds ago"],
    [paid(), TIME + 3601, "expired", "expired 1 second ago"],
    [paid({ expirySeconds: 60 }), TIME + 60 + 7250, "expired", "expired 2 hours ago"],
    [paid({ expirySeconds: 60 }), TIME + 10 * 86_400, "expired", "expired 9 days ago"],
    [paid(), TIME + 3541, "expires-soon", "expires in 59 seconds, too soon: 1 minute are needed"],
    [
      paid({ features: featureBits(8, 14, 100, 102) }),
      TIME,
      "unknown-feature",
      "requires a feature that is not known here: bit 100, 102",
    ],
    [
      paid({ features: featureBits(8, 17) }),
      TIME,
      "feature-dependency",
      "asks for feature 16/17 without 14/15, on which it depends",
    ],
  ] as const)("%#: %s", (invoice, now, code, message) => {
    const problem = invoiceProblem(invoice, { network: "bc", now, minRemainingSeconds: 60 });
    expect(problem).toMatchObject({ code, message });
    expect(() => checkInvoice(invoice, { network: "bc", now, minRemainingSeconds: 60 })).toThrow(message);
  });

  it.each([
    ["the last second", paid(), { now: TIME + 3599 }],
    ["exactly the time that is needed left", paid(), { now: TIME + 3540, minRemainingSeconds: 60 }],
    ["no amount, asked for", make(), { now: TIME, allowAmountless: true }],
    ["made by a clock that runs ahead", paid(), { now: TIME - 100 }],
    [
      "every feature that is understood",
      paid({ features: featureBits(8, 12, 14, 16, 24, 36, 48) }),
      { now: TIME },
    ],
    [
      "a payment secret without the onion that is assumed",
      paid({ features: featureBits(14) }),
      { now: TIME },
    ],
    ["anchors without the key that is assumed", paid({ features: featureBits(8, 14, 23) }), { now: TIME }],
    ["unknown optional features", paid({ features: featureBits(8, 14, 101, 269) }), { now: TIME }],
    [
      "feature 22 of the draft",
      paid({ features: featureBits(8, 14, 22) }),
      { now: TIME, profile: "draft-819" },
    ],
  ] as const)("yes: %s", (_, invoice, expected) => {
    expect(invoiceProblem(invoice, { network: "bc", ...expected })).toBeUndefined();
  });
});
