import { bug, bugsOf } from "./bug.js";

const stub = (named: string) => [{ tests: "test/lightning/nodes-lnd-stub.test.ts", named }];

export const LND_PAYMENT_BUGS = bugsOf("payments on lnd", [
  bug("a lost connection counts as lnd's refusal", stub("says nothing about the payment"), [
    "lightning/nodes/lnd/errors.ts",
    "  status.OUT_OF_RANGE,\n",
    "  status.OUT_OF_RANGE,\n  status.UNAVAILABLE,\n",
  ]),
  bug("what lnd has forgotten is paid again", stub("not asked for again after lnd has forgotten it"), [
    "lightning/nodes/lnd/payment-record.ts",
    "    this.#gathered.set(bytesToHex(paymentHash)",
    "    if (fee < 0n) this.#gathered.set(bytesToHex(paymentHash)",
  ]),
  bug("a decoded invoice is taken for another one", stub("not by what another says that came with it"), [
    "lightning/nodes/payment-request.ts",
    "decoded?.text === request.invoice ? decoded",
    "decoded !== undefined ? decoded",
  ]),
  bug("streams of lnd are cancelled after their last word", stub("is heard to its end"), [
    "lightning/nodes/lnd/payments.ts",
    "            if (isLast) return;\n",
    "",
  ]),
  bug("a preimage of lnd is taken unproven", stub("settled with a preimage of something else"), [
    "lightning/nodes/lnd/payments.ts",
    "!equalBytes(sha256(preimage), paymentHash) || ",
    "",
  ]),
  bug("an HTLC that is out counts as lost", stub("its HTLC is on a channel"), [
    "lightning/nodes/lnd/lost-payment.ts",
    "!incoming && bytesToHex(hash_lock) === paymentHash",
    "incoming && bytesToHex(hash_lock) === paymentHash && !active",
  ]),
  bug(
    "a payment counts as lost while a channel is being closed",
    stub("is never called failed while a channel"),
    [
      "lightning/nodes/lnd/lost-payment.ts",
      "before.has(peer) || after.has(peer)",
      "before.has(peer) && !after.has(peer)",
    ],
  ),
  bug("a payment counts as lost at the first look", stub("is unknown at the first look"), [
    "lightning/nodes/lnd/lost-payment.ts",
    "return now - first >= this.#rule.lookAgainMs;",
    "return now >= first;",
  ]),
  bug(
    "lnd's own end of a call at its deadline counts as a lost connection",
    [{ tests: "test/lightning/lnd-connection.test.ts", named: "the first to cancel a call at its deadline" }],
    ["lightning/nodes/lnd/connection.ts", "reject(overdue(error, deadline))", "reject(error)"],
  ),
  bug(
    "a payment that the macaroon does not allow is not known to be none",
    stub("with a macaroon that may not pay: refused"),
    [
      "lightning/nodes/lnd/payments.ts",
      'if (!connection.allows("routerrpc.Router/SendPaymentV2"))',
      'if (!connection.allows("lnrpc.Lightning/GetInfo"))',
    ],
  ),
  bug(
    "new files of lnd are taken without asking which node they open",
    [{ tests: "test/lightning/lnd-connection.test.ts", named: "does not follow the files to another node" }],
    [
      "lightning/nodes/lnd/connection.ts",
      "if (info.identity_pubkey !== identity)",
      "if (identity === undefined)",
    ],
  ),
]);
