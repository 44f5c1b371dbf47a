import { describe, expect, it } from "vitest";
import { msat, sat } from "../../common/index.js";
import { decide } from "../../issuer/authorizer/decide.js";
import type { World } from "../../issuer/authorizer/world.js";
import type { Decision } from "../../issuer/ledger/decision.js";
import { type Facts, fullSequence, type KnownAuthorization } from "../../issuer/ledger/facts.js";
import { parsePolicy } from "../../issuer/policy/index.js";
import { VerificationError, type VerifiedAuthorization } from "../../issuer/verify.js";
import { REASON } from "../../lightning/api/reasons.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import { PAYEE, testInvoice } from "../../testing/nodes/scripted-node.js";

const NOW = 1_800_000_000_000;

const invoice = testInvoice(1, sat(100), NOW / 1000);

const authorization: VerifiedAuthorization = {
  kind: "token",
  record: { cardId: new Uint8Array(8), publicKey: new Uint8Array(33), keySetId: new Uint8Array(4) },
  card: 1n,
  counter: 5n,
  flags: 0n,
  pinVerified: false,
  sequence: 2n,
  amount: sat(100),
  total: sat(500),
  invoiceHash: Buffer.alloc(32, 1),
  paymentHash: Buffer.alloc(32, 2),
  payeeId: Buffer.from(PAYEE, "hex"),
  payee: PAYEE,
  signature: Buffer.alloc(64),
  message: Buffer.alloc(133),
  invoice,
  decoded: decodeInvoice(invoice),
  amountless: false,
  expiresAt: NOW + 3_600_000,
  problem: undefined,
  minFinalCltv: 40,
};

/** A card with 4 counters and 400 sat behind it, 1,000 sat paid in. */
const facts: Facts = {
  account: {
    card: 1n,
    kind: "token",
    state: "active",
    policy: 1n,
    funded: 1_000_000n,
    voided: 0n,
    spent: 400_000n,
    decided_at: 0n,
    top_counter: 4n,
    top_total: 400_000n,
    sequence: 2n,
    acknowledged: 2n,
    operation: 1n,
    version: 1n,
    held: 0n,
    owed: 0n,
    activated: 1n,
  },
  policy: parsePolicy({}),
  acknowledged: 2n,
  known: undefined,
  gap: undefined,
  permitted: true,
  paymentTaken: false,
  paidUnmatched: undefined,
  spent24h: sat(0),
  spent30d: sat(0),
  fees: { fees24h: 0n, fees30d: 0n },
  inFlight: 0,
  pending: undefined,
  offline: undefined,
};

const world: World = {
  now: NOW,
  node: 1n,
  inFlight: 0,
  inFlightToPayee: 0,
  feesLeft: sat(1000),
  owed: 0n,
  limits: {
    maxInFlight: 10,
    maxInFlightPerPayee: 5,
    maxInFlightPerCard: 3,
    keptPlacesPercent: 20,
    maxExpirySeconds: 604_800,
    statusSkewSeconds: 600,
  },
};

const known: KnownAuthorization = {
  state: "settled",
  amount: authorization.amount,
  total_after: authorization.total,
  flags: 0n,
  invoice_hash: authorization.invoiceHash,
  reason: null,
  owner: null,
};
/** Counters 5 to 9 were skipped, 500 sat among them. */
const gap = {
  first: 5n,
  last: 9n,
  total_before: 400_000n,
  amount: 500_000n,
  known_at: 0n,
  voided_at: null,
};
const passedOver = { ...facts.account, top_counter: 10n, top_total: 1_000_000n };
const account = (changes: Partial<Facts["account"]>) => ({ account: { ...facts.account, ...changes } });

type Row = [
  name: string,
  authorization: Partial<VerifiedAuthorization>,
  facts: Partial<Facts>,
  world: Partial<World>,
  decision: string,
];

const ROWS: readonly Row[] = [
  ["the next counter", {}, {}, {}, "reserve"],
  ["all that is left", { amount: sat(600), total: sat(1000) }, {}, {}, "reserve"],
  ["one msat more", { amount: msat(600_001n), total: msat(1_000_001n) }, {}, {}, `void ${REASON.NOT_FUNDED}`],
  // Seen before.
  ["settled before", {}, { known }, {}, "known"],
  ["settled before, blocked since", {}, { known, ...account({ state: "blocked" }) }, {}, "known"],
  ["seen with a later acknowledgement", { sequence: 1n }, { known }, {}, "known"],
  ["another amount under it", { amount: msat(99_999n) }, { known }, {}, "contradiction"],
  ["another total under it", { total: msat(500_001n) }, { known }, {}, "contradiction"],
  ["another invoice under it", { invoiceHash: Buffer.alloc(32, 9) }, { known }, {}, "contradiction"],
  ["another PIN flag under it", { flags: 1n }, { known }, {}, "contradiction"],
  // Skipped counters.
  ["in a gap", {}, { gap, account: passedOver }, {}, "reserve"],
  [
    "alone in its gap",
    {},
    { gap: { ...gap, last: 5n, amount: 100_000n }, account: passedOver },
    {},
    "reserve",
  ],
  [
    "in a void gap",
    {},
    { gap: { ...gap, voided_at: 1n }, account: passedOver },
    {},
    `refuse ${REASON.TOKEN_VOID}`,
  ],
  [
    "takes more than its gap",
    { amount: sat(600), total: sat(1000) },
    { gap, account: passedOver },
    {},
    "contradiction",
  ],
  [
    "leaves too little behind it",
    { amount: msat(499_997n), total: msat(899_997n) },
    { gap, account: passedOver },
    {},
    "contradiction",
  ],
  [
    "leaves 1 msat each behind it",
    { amount: msat(499_996n), total: msat(899_996n) },
    { gap, account: passedOver },
    {},
    "reserve",
  ],
  [
    "first in its gap, amount before it",
    { total: msat(500_001n) },
    { gap, account: passedOver },
    {},
    "contradiction",
  ],
  // The frontier.
  ["next, but total skips", { total: msat(500_001n) }, {}, {}, "contradiction"],
  ["next, but total falls back", { total: msat(499_999n) }, {}, {}, "contradiction"],
  ["skips one with an amount", { counter: 6n, total: sat(600) }, {}, {}, "reserve"],
  ["skips one without an amount", { counter: 6n }, {}, {}, "contradiction"],
  ["skips three with 2 msat", { counter: 8n, total: msat(500_002n) }, {}, {}, "contradiction"],
  ["skips three with 3 msat", { counter: 8n, total: msat(500_003n) }, {}, {}, "reserve"],
  // What was signed for the card.
  ["outside of signed limits", {}, { permitted: false }, {}, "contradiction"],
  ["an update that was never made", {}, { acknowledged: undefined }, {}, "contradiction"],
  ["an amount of 0", { amount: sat(0), total: sat(400) }, {}, {}, "contradiction"],
  ["counter 0", { counter: 0n }, {}, {}, "contradiction"],
  // States.
  ["blocked", {}, account({ state: "blocked" }), {}, `refuse ${REASON.CARD_ON_HOLD}`],
  ["retired", {}, account({ state: "retired" }), {}, `refuse ${REASON.CARD_BLOCKED}`],
  ["pending", {}, account({ state: "pending" }), {}, `refuse ${REASON.CARD_ON_HOLD}`],
  ["blocked and contradicting", { total: sat(1) }, account({ state: "blocked" }), {}, "contradiction"],
  // Refused for good.
  [
    "unpayable",
    { problem: new VerificationError("invoice-unpayable", REASON.INVOICE_EXPIRED, "expired") },
    {},
    {},
    `void ${REASON.INVOICE_EXPIRED}`,
  ],
  ["paid by another", {}, { paymentTaken: true }, {}, `void ${REASON.INVOICE_TAKEN}`],
  [
    "policy: maximum",
    {},
    { policy: parsePolicy({ maxPerTransaction: "99sat" }) },
    {},
    `void ${REASON.ABOVE_MAX_PER_TRANSACTION}`,
  ],
  [
    "policy: less than 1 sat",
    { amount: msat(999n), total: msat(400_999n) },
    {},
    {},
    `void ${REASON.BELOW_MIN_PER_TRANSACTION}`,
  ],
  [
    "policy: PIN",
    {},
    { policy: parsePolicy({ pinRequiredAbove: "1sat" }) },
    {},
    `void ${REASON.PIN_REQUIRED}`,
  ],
  [
    "policy: a day",
    {},
    { policy: parsePolicy({ maxPer24h: "150sat" }), spent24h: sat(51) },
    {},
    `void ${REASON.ABOVE_PERIOD_LIMIT}`,
  ],
  ["policy: expires too soon", { expiresAt: NOW + 1000 }, {}, {}, `void ${REASON.INVOICE_EXPIRED}`],
  // Too much at once.
  ["full", {}, {}, { inFlight: 10 }, `refuse ${REASON.BUSY}`],
  ["one place left", {}, {}, { inFlight: 9 }, "reserve"],
  ["payee full", {}, {}, { inFlightToPayee: 5 }, `refuse ${REASON.BUSY}`],
  ["the card has as many in flight as it may", {}, { inFlight: 3 }, {}, `refuse ${REASON.BUSY}`],
  ["one less", {}, { inFlight: 2 }, {}, "reserve"],
  ["kept for cards with nothing in flight", {}, { inFlight: 1 }, { inFlight: 8 }, `refuse ${REASON.BUSY}`],
  ["the last place that is not kept", {}, { inFlight: 1 }, { inFlight: 7 }, "reserve"],
  ["kept at the payee", {}, { inFlight: 1 }, { inFlightToPayee: 4 }, `refuse ${REASON.BUSY}`],
  ["the payee's last that is not kept", {}, { inFlight: 1 }, { inFlightToPayee: 3 }, "reserve"],
  [
    "full, but refused for good anyway",
    {},
    { paymentTaken: true },
    { inFlight: 10 },
    `void ${REASON.INVOICE_TAKEN}`,
  ],
];

const show = (decision: Decision): string =>
  decision.kind === "refuse" || decision.kind === "void"
    ? `${decision.kind} ${decision.reason}`
    : decision.kind;

describe("decide", () => {
  it.each(ROWS)("%s", (_name, asked, known, around, decision) => {
    expect(
      show(decide({ ...authorization, ...asked }, { ...facts, ...known }, { ...world, ...around })),
    ).toBe(decision);
  });

  it("hands the policy's fee and time limits to the payment", () => {
    const policy = parsePolicy({ maxFee: { base: "2sat", ppm: 10_000 }, maxTotalCltv: 144 });
    expect(decide(authorization, { ...facts, policy }, world)).toEqual({
      kind: "reserve",
      node: world.node,
      maxFee: 3000n,
      held: 0n,
      feeShortOf: undefined,
      maxCltv: 144,
      isRetried: false,
    });
  });

  // The allowance for 100 sat is 1 sat and 0.5 %: 1,500 msat.
  it.each<
    [
      name: string,
      policy: object,
      known: Partial<Facts>,
      around: Partial<World>,
      fee: bigint,
      feeShortOf?: string,
    ]
  >([
    ["the allowance", {}, {}, {}, 1500n],
    [
      "what the card's 24 hours have left",
      {},
      { fees: { fees24h: 498_501n, fees30d: 0n } },
      {},
      1499n,
      "card",
    ],
    [
      "what the card's 30 days have left",
      {},
      { fees: { fees24h: 0n, fees30d: 4_998_501n } },
      {},
      1499n,
      "card",
    ],
    [
      "nothing where the card has used more",
      {},
      { fees: { fees24h: 600_000n, fees30d: 0n } },
      {},
      0n,
      "card",
    ],
    ["a budget of the policy's own", { maxFeesPer24h: "7msat" }, {}, {}, 7n, "card"],
    ["what the issuer has left", {}, {}, { feesLeft: 3n }, 3n, "issuer"],
    ["nothing where the issuer has nothing left", {}, {}, { feesLeft: 0n }, 0n, "issuer"],
  ])("routing may cost %s", (_name, policy, known, around, fee, feeShortOf) => {
    const found = decide(
      authorization,
      { ...facts, ...known, policy: parsePolicy(policy) },
      { ...world, ...around },
    );
    expect(found).toMatchObject({ kind: "reserve", maxFee: fee, held: 0n, feeShortOf });
  });

  it.each<[name: string, changes: Partial<Facts["account"]>, decision: Partial<Decision>]>([
    ["has it besides the amount", {}, { kind: "reserve", maxFee: msat(1500n), held: msat(1500n) }],
    [
      "has less of it",
      { spent: 899_999n },
      { kind: "reserve", maxFee: msat(1n), held: msat(1n), feeShortOf: "card" },
    ],
    ["has the amount alone", { spent: 900_000n }, { kind: "reserve", maxFee: msat(0n), held: msat(0n) }],
    ["has less than the amount", { spent: 900_001n }, { kind: "void", reason: REASON.NOT_FUNDED }],
    [
      "holds a fee for another payment",
      { spent: 899_999n, held: 2n },
      { kind: "void", reason: REASON.NOT_FUNDED },
    ],
  ])("a card that bears the fee %s", (_name, changes, decision) => {
    const policy = parsePolicy({ feesBorneBy: "card" });
    expect(decide(authorization, { ...facts, policy, ...account(changes) }, world)).toMatchObject(decision);
  });

  it("a counter that is neither seen nor skipped is a fault of the ledger, not of the card", () => {
    expect(() => decide({ ...authorization, counter: 3n }, facts, world)).toThrow(
      /neither seen nor in a gap/,
    );
  });

  it.each([
    [2n, 2n, 2n],
    [2n, 1n, 1n],
    [2n, 3n, undefined],
    [0x1000005n, 5n, 0x1000005n],
    [0x1000005n, 6n, 6n],
    [0x2000000n, 0xffffffn, 0x1ffffffn],
  ])("of newest %s, the sequence that ends in %s is %s", (newest, low, full) => {
    expect(fullSequence(newest, low)).toBe(full);
  });
});
