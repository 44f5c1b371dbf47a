import { sha256 } from "../../../reference/crypto.js";
import { terminalKey } from "../../../reference/dpp.js";
import { hex } from "../invoice/assemble.js";
import { derivedSecret, KEY_ID, MASTER, metadata, preimage, TERMINAL_KEY, TIME } from "./modern.js";

/**
 * What a recipient does, step by step: at `at` seconds an HTLC arrives (or `tick`: only time passes), and these
 * actions follow. An HTLC in no action is held.
 */
interface Bill {
  readonly metadata: Uint8Array;
  readonly preimage: Uint8Array;
  readonly paymentHash: Uint8Array;
}

const AMOUNT = 2_500_000n;
const NONCE = sha256(new Uint8Array(1)).slice(0, 16);

function bill(
  changes: { amount?: bigint; keyId?: Uint8Array; nonce?: Uint8Array; version?: number } = {},
): Bill {
  const { amount = AMOUNT, keyId = KEY_ID, nonce = NONCE, version = 1 } = changes;
  const data = metadata({ version, keyId, nonce, amount, expiresAt: TIME + 600 });
  const made = preimage(data, terminalKey(MASTER, keyId));
  return { metadata: data, preimage: made, paymentHash: sha256(made) };
}

const BEER = bill();
const OPEN = bill({ amount: 0n });
const REVOKED = bill({ keyId: Uint8Array.of(9, 9, 9, 9) });

interface Arrival {
  readonly at?: number;
  readonly id?: string;
  readonly amount?: bigint;
  readonly total?: bigint;
  readonly blocksLeft?: number;
  readonly metadata?: Uint8Array | null;
  readonly paymentHash?: Uint8Array;
  readonly paymentSecret?: Uint8Array;
}

const arrives = (from: Bill, arrival: Arrival, ...actions: object[]) => ({
  at: arrival.at ?? 0,
  htlc: {
    id: arrival.id ?? "a",
    paymentHash: hex(arrival.paymentHash ?? from.paymentHash),
    amountMsat: (arrival.amount ?? AMOUNT).toString(),
    totalMsat: (arrival.total ?? arrival.amount ?? AMOUNT).toString(),
    blocksLeft: arrival.blocksLeft ?? 40,
    metadata: arrival.metadata === null ? null : hex(arrival.metadata ?? from.metadata),
    paymentSecret: hex(arrival.paymentSecret ?? derivedSecret(TERMINAL_KEY, from.metadata)),
  },
  actions,
});
const tick = (at: number, ...actions: object[]) => ({ at, htlc: null, actions });

const DETAILS = "incorrect_or_unknown_payment_details";
const claim = (from: Bill, receivedMsat: bigint, ...htlcs: string[]) => ({
  action: "claim",
  htlcs,
  receivedMsat: receivedMsat.toString(),
  preimage: hex(from.preimage),
});
const fail = (reason: string, ...htlcs: string[]) => ({
  action: "fail",
  htlcs: htlcs.length > 0 ? htlcs : ["a"],
  reason,
  failure: reason === "incomplete" ? "mpp_timeout" : DETAILS,
});
const session = (comment: string, ...steps: object[]) => ({ comment, allowAmountless: false, steps });

const open = (comment: string, ...steps: object[]) => ({
  ...session(comment, ...steps),
  allowAmountless: true,
});
const MOST = 2_100_000_000_000_000_000n;

const changed = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] ?? 0) ^ 1);

/** Ids of an HTLC that comes several times. */
const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `a${i + 1}`);

/** HTLC by HTLC. `time` is when `at` is 0. */
export const sessions = [
  session("the amount, exactly", arrives(BEER, {}, claim(BEER, AMOUNT, "a"))),
  session("twice the amount", arrives(BEER, { amount: 2n * AMOUNT }, claim(BEER, 2n * AMOUNT, "a"))),
  session("1 msat too little", arrives(BEER, { amount: AMOUNT - 1n }, fail("underpaid"))),
  session("1 msat too much", arrives(BEER, { amount: 2n * AMOUNT + 1n }, fail("overpaid"))),
  session("in the last second", arrives(BEER, { at: 599 }, claim(BEER, AMOUNT, "a"))),
  session("when it has expired", arrives(BEER, { at: 600 }, fail("expired"))),
  session("without metadata", arrives(BEER, { metadata: null }, fail("no-metadata"))),
  session(
    "metadata cut",
    arrives(BEER, { metadata: BEER.metadata.slice(0, 32) }, fail("malformed-metadata")),
  ),
  session("metadata of version 2", arrives(bill({ version: 2 }), {}, fail("malformed-metadata"))),
  session("a terminal that was revoked", arrives(REVOKED, {}, fail("unknown-terminal"))),
  session("nonce changed", arrives(BEER, { metadata: changed(BEER.metadata, 5) }, fail("not-our-hash"))),
  session(
    "amount lowered by the payer",
    arrives(BEER, { metadata: changed(BEER.metadata, 28) }, fail("not-our-hash")),
  ),
  session(
    "expiry changed by the payer",
    arrives(BEER, { metadata: changed(BEER.metadata, 29) }, fail("not-our-hash")),
  ),
  session("another payment hash", arrives(BEER, { paymentHash: new Uint8Array(32) }, fail("not-our-hash"))),
  session(
    "another payment secret",
    arrives(BEER, { paymentSecret: new Uint8Array(32) }, fail("wrong-payment-secret")),
  ),
  session("the HTLC expires in 23 blocks", arrives(BEER, { blocksLeft: 23 }, fail("too-late"))),
  session("the HTLC expires in 24 blocks", arrives(BEER, { blocksLeft: 24 }, claim(BEER, AMOUNT, "a"))),
  session("an open amount, not allowed", arrives(OPEN, {}, fail("amountless"))),
  {
    ...session("an open amount, allowed", arrives(OPEN, { amount: 1n }, claim(OPEN, 1n, "a"))),
    allowAmountless: true,
  },
  {
    ...session("an open amount, allowed, and nothing", arrives(OPEN, { amount: 0n }, fail("underpaid"))),
    allowAmountless: true,
  },
  session(
    "a second payment of the same invoice",
    arrives(BEER, {}, claim(BEER, AMOUNT, "a")),
    arrives(BEER, { at: 1, id: "b" }, fail("already-paid", "b")),
  ),
  session(
    "the node asks again, even when it has expired meanwhile",
    arrives(BEER, {}, claim(BEER, AMOUNT, "a")),
    arrives(BEER, { at: 1000 }, claim(BEER, AMOUNT, "a")),
  ),
  session(
    "two parts",
    arrives(BEER, { amount: 1_000_000n, total: AMOUNT }),
    tick(59),
    arrives(BEER, { at: 59, id: "b", amount: 1_500_000n, total: AMOUNT }, claim(BEER, AMOUNT, "a", "b")),
    tick(200),
  ),
  session(
    "two parts, each told twice",
    arrives(BEER, { amount: 1_000_000n, total: AMOUNT }),
    arrives(BEER, { at: 1, amount: 1_000_000n, total: AMOUNT }),
    arrives(BEER, { at: 2, id: "b", amount: 1_500_000n, total: AMOUNT }, claim(BEER, AMOUNT, "a", "b")),
    arrives(BEER, { at: 3, id: "b", amount: 1_500_000n, total: AMOUNT }, claim(BEER, 1_500_000n, "b")),
  ),
  session(
    "a second part that never comes",
    arrives(BEER, { amount: 1_000_000n, total: AMOUNT }),
    tick(59),
    tick(60, fail("incomplete", "a")),
    tick(61),
  ),
  session(
    "after that, paid at once",
    arrives(BEER, { amount: 1_000_000n, total: AMOUNT }),
    tick(60, fail("incomplete", "a")),
    arrives(BEER, { at: 61, id: "b" }, claim(BEER, AMOUNT, "b")),
  ),
  session(
    "parts with different totals",
    arrives(BEER, { amount: 1_000_000n, total: AMOUNT }),
    arrives(BEER, { at: 1, id: "b", amount: 1_500_000n, total: AMOUNT + 1n }, fail("parts-differ", "a", "b")),
  ),
  session(
    "parts of a total that is too small",
    arrives(BEER, { amount: 1_000_000n, total: AMOUNT - 1n }, fail("underpaid")),
  ),
  session(
    "parts that come to more than twice the amount",
    arrives(BEER, { amount: AMOUNT, total: 2n * AMOUNT }),
    arrives(BEER, { at: 1, id: "b", amount: 2n * AMOUNT, total: 2n * AMOUNT }, fail("overpaid", "a", "b")),
  ),
  session(
    "a forger's part leaves the honest one alone",
    arrives(BEER, { amount: 1_000_000n, total: AMOUNT }),
    arrives(BEER, { at: 1, id: "x", metadata: changed(BEER.metadata, 5) }, fail("not-our-hash", "x")),
    arrives(BEER, { at: 2, id: "b", amount: 1_500_000n, total: AMOUNT }, claim(BEER, AMOUNT, "a", "b")),
  ),
  session(
    "expired while it was held",
    arrives(BEER, { at: 599, amount: 1_000_000n, total: AMOUNT }),
    arrives(BEER, { at: 600, id: "b", amount: 1_500_000n, total: AMOUNT }, fail("expired", "a", "b")),
  ),
  session(
    "a clock set back by a day does not hold a part for a day",
    arrives(BEER, { at: 100, amount: 1_000_000n, total: AMOUNT }),
    tick(-86_300),
    tick(-86_241),
    tick(-86_240, fail("incomplete", "a")),
  ),
  session(
    "an HTLC told again while it is held changes nothing",
    arrives(BEER, { amount: 1_000_000n, total: AMOUNT }),
    arrives(BEER, { at: 30, amount: 1_000_000n, total: AMOUNT }),
    tick(59),
    tick(60, fail("incomplete", "a")),
  ),
  session(
    "told again while it is held, with another amount and total: nothing changes",
    arrives(BEER, { amount: 1_000_000n, total: AMOUNT }),
    arrives(BEER, { at: 1, amount: AMOUNT, total: AMOUNT + 1n }),
    arrives(BEER, { at: 2, id: "b", amount: 1_500_000n, total: AMOUNT }, claim(BEER, AMOUNT, "a", "b")),
  ),
  session(
    "told again while it is held, when it is too late and has expired: nothing changes",
    arrives(BEER, { at: 590, amount: 1_000_000n, total: AMOUNT }),
    arrives(BEER, { at: 600, amount: 1_000_000n, total: AMOUNT, blocksLeft: 3 }),
    tick(650, fail("incomplete", "a")),
  ),
  session(
    "told again after its part was failed: it is new",
    arrives(BEER, { amount: 1_000_000n, total: AMOUNT }),
    tick(60, fail("incomplete", "a")),
    arrives(BEER, { at: 61, amount: AMOUNT }, claim(BEER, AMOUNT, "a")),
  ),
  open(
    "an open amount in two parts",
    arrives(OPEN, { amount: 400n, total: 1_000n }),
    arrives(OPEN, { at: 1, id: "b", amount: 600n, total: 1_000n }, claim(OPEN, 1_000n, "a", "b")),
  ),
  open(
    "an open amount: the parts may come to more than twice their total",
    arrives(OPEN, { amount: 1n, total: 1_000n }),
    arrives(OPEN, { at: 1, id: "b", amount: 5_000n, total: 1_000n }, claim(OPEN, 5_001n, "a", "b")),
  ),
  open("an open amount of 21 million bitcoin", arrives(OPEN, { amount: MOST }, claim(OPEN, MOST, "a"))),
  open(
    "an open amount: parts with different totals",
    arrives(OPEN, { amount: 400n, total: 1_000n }),
    arrives(OPEN, { at: 1, id: "b", amount: 600n, total: 999n }, fail("parts-differ", "a", "b")),
  ),
  open(
    "an open amount whose total is nothing, though its part is something",
    arrives(OPEN, { amount: 5n, total: 0n }, fail("underpaid")),
  ),
  open(
    "an open amount: a total that does not exist",
    arrives(OPEN, { amount: 5n, total: MOST + 1n }, fail("overpaid")),
  ),
  session(
    "a total of twice the amount in two parts",
    arrives(BEER, { amount: AMOUNT, total: 2n * AMOUNT }),
    arrives(BEER, { at: 1, id: "b", amount: AMOUNT, total: 2n * AMOUNT }, claim(BEER, 2n * AMOUNT, "a", "b")),
  ),
  session(
    "1 msat more than the total in the last part",
    arrives(BEER, { amount: 1_000_000n, total: AMOUNT }),
    arrives(BEER, { at: 1, id: "b", amount: 1_500_001n, total: AMOUNT }, claim(BEER, AMOUNT + 1n, "a", "b")),
  ),
  session(
    "1 msat less than the total: held",
    arrives(BEER, { amount: 1_000_000n, total: AMOUNT }),
    arrives(BEER, { at: 1, id: "b", amount: 1_499_999n, total: AMOUNT }),
    tick(60, fail("incomplete", "a", "b")),
  ),
  session(
    "483 parts",
    { ...arrives(BEER, { id: "a", amount: 1n, total: AMOUNT }), repeat: 482 },
    arrives(
      BEER,
      { at: 1, id: "last", amount: AMOUNT - 482n, total: AMOUNT },
      claim(BEER, AMOUNT, ...ids(482), "last"),
    ),
  ),
  session(
    "484 parts",
    { ...arrives(BEER, { id: "a", amount: 1n, total: AMOUNT }), repeat: 483 },
    arrives(
      BEER,
      { at: 1, id: "last", amount: AMOUNT - 483n, total: AMOUNT },
      fail("too-many-parts", ...ids(483), "last"),
    ),
    arrives(BEER, { at: 2, id: "b" }, claim(BEER, AMOUNT, "b")),
  ),
  {
    ...session(
      "the thousandth payment is held",
      arrives(BEER, { amount: 1n, total: AMOUNT }),
      arrives(BEER, { at: 1, id: "b", amount: AMOUNT - 1n, total: AMOUNT }, claim(BEER, AMOUNT, "a", "b")),
    ),
    othersHeld: 999,
  },
  {
    ...session(
      "one payment more than a thousand",
      arrives(BEER, { amount: 1n, total: AMOUNT }, fail("too-many-parts")),
    ),
    othersHeld: 1000,
  },
  {
    ...session(
      "one payment more than a thousand, though it is complete",
      arrives(BEER, {}, fail("too-many-parts")),
    ),
    othersHeld: 1000,
  },
];
