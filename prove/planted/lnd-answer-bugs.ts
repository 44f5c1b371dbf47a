import { bug, bugsOf } from "./bug.js";

const nonsense = (named: string) => [{ tests: "test/lightning/lnd-nonsense.test.ts", named }];
const PAYMENTS = "lightning/nodes/lnd/payments.ts";
const INVOICES = "lightning/nodes/lnd/invoices.ts";

/** Where lnd says what cannot be. */
export const LND_ANSWER_BUGS = bugsOf("answers of lnd", [
  bug("a payment with an attempt in flight counts as failed", nonsense("with an attempt in flight"), [
    PAYMENTS,
    'if (payment.htlcs.every(({ status }) => status === "FAILED"))',
    "if (payment.htlcs.length >= 0)",
  ]),
  bug("another payment's failure counts as this one's", nonsense("of another payment"), [
    PAYMENTS,
    "if (payment.payment_hash !== hash) {",
    'if (payment.payment_hash === "") {',
  ]),
  bug("an invoice is settled without a proof", nonsense("a preimage of something else"), [
    INVOICES,
    "if (!equalBytes(sha256(preimage), paymentHash))",
    "if (preimage.length !== paymentHash.length)",
  ]),
  bug("an invoice is settled by less than it asks for", nonsense("less than it asks for"), [
    INVOICES,
    "if (received < BigInt(invoice.value_msat))",
    "if (received === 0n)",
  ]),
  bug(
    "the limit of one payment holds only where it is configured",
    [{ tests: "test/lightning/lnd-limits.test.ts", named: "is 1,000,000 sat on mainnet" }],
    [
      "lightning/nodes/lnd/node.ts",
      'options.maxPayment ?? (facts.network === "bc" ? MAINNET_MAX_PAYMENT : undefined)',
      "options.maxPayment ?? (facts.blockHeight < 0 ? MAINNET_MAX_PAYMENT : undefined)",
    ],
  ),
  bug("an invoice with another payment hash is shown", nonsense("another payment hash"), [
    INVOICES,
    " || !equalBytes(made.paymentHash, r_hash))",
    ")",
  ]),
]);
