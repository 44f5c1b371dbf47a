import { NO_LIMIT } from "./card/material.js";

/** What an issuer decides about tokens and statuses of one card, one after the other (specs/03 §3, §9). */
export const file = "counters.json";

interface Limits {
  readonly credit: string;
  readonly maxPerTransaction: string;
  readonly pinThreshold: string;
  readonly noPinBudget: string;
  readonly maxTransactions: number;
}
type Step = Readonly<Record<string, unknown>>;

const NO = NO_LIMIT.toString();
/** 20,000 sat, no limit but the credit. */
const OPEN: Limits = {
  credit: "20000000",
  maxPerTransaction: NO,
  pinThreshold: NO,
  noPinBudget: NO,
  maxTransactions: 0xffffffff,
};

/** A token for invoice number `counter`, unless another is given, that acknowledges no update. */
const token = (
  counter: number,
  amount: number,
  total: number,
  decision: string,
  changes: {
    flags?: number;
    updateSequence?: number;
    invoice?: number;
    invoiceAmount?: number | null;
    which?: string;
    state?: string;
  } = {},
): Step => {
  const { flags = 0, updateSequence = 0, invoice = counter, invoiceAmount = amount, ...expected } = changes;
  return {
    token: { counter, amount: String(amount), total: String(total), flags, updateSequence },
    invoice: { number: invoice, amount: invoiceAmount === null ? null : String(invoiceAmount) },
    decision,
    ...expected,
  };
};
const fits = (counter: number, amount: number, total: number, changes: object = {}): Step =>
  token(counter, amount, total, "fits", changes);
const wrong = (counter: number, amount: number, total: number, which: string, changes: object = {}): Step =>
  token(counter, amount, total, "contradiction", { ...changes, which });
const status = (
  counter: number,
  total: number,
  decision: string,
  changes: { credit?: string; updateSequence?: number; which?: string } = {},
): Step => {
  const { credit = OPEN.credit, updateSequence = 0, ...expected } = changes;
  return { status: { counter, total: String(total), credit, updateSequence }, decision, ...expected };
};
const order = (sequence: number, changes: Partial<Limits>): Step => ({
  order: { sequence, ...OPEN, ...changes },
});
const VOID_GAPS: Step = { voidGaps: true };

const story = (comment: string, steps: readonly Step[], card: Partial<Limits> = {}) => ({
  comment,
  card: { ...OPEN, ...card },
  steps,
});

/** Counters 1 and 10 are seen; 2 to 9 were passed over and authorized 8,000 msat. */
const PASSED_OVER = [fits(1, 1_000, 1_000), fits(10, 5_000, 14_000)];

const stories = [
  story("one after the other", [fits(1, 1_000, 1_000), fits(2, 2_000, 3_000), fits(3, 1, 3_001)]),
  story("the first token must leave nothing below it", [wrong(1, 1_000, 1_001, "below")]),
  story("the next counter must begin where the last one ended: 1 msat more", [
    fits(1, 1_000, 1_000),
    wrong(2, 2_000, 3_001, "below"),
  ]),
  story("the next counter must begin where the last one ended: 1 msat less", [
    fits(1, 1_000, 1_000),
    wrong(2, 2_000, 2_999, "below"),
  ]),
  story("counters passed over: 1 msat for each is the least", [fits(1, 1_000, 1_000), fits(5, 1_000, 2_003)]),
  story("counters passed over: 1 msat less than one each", [
    fits(1, 1_000, 1_000),
    wrong(5, 1_000, 2_002, "below"),
  ]),
  story("passed over before the first: 1 msat for each is the least", [fits(3, 1_000, 1_002)]),
  story("passed over before the first: 1 msat less", [wrong(3, 1_000, 1_001, "below")]),

  story("late tokens of a gap, in any order", [
    ...PASSED_OVER,
    fits(5, 1_000, 5_000),
    fits(9, 2_000, 9_000),
    fits(2, 1_000, 2_000),
    fits(7, 1, 6_500),
    fits(3, 500, 2_500),
    fits(4, 1_500, 4_000),
    fits(6, 1_499, 6_499),
    fits(8, 500, 7_000),
  ]),
  story("a late token that leaves nothing for those below it", [
    ...PASSED_OVER,
    wrong(4, 1_000, 2_001, "below"),
  ]),
  story("a late token that leaves 1 msat for each below it", [...PASSED_OVER, fits(4, 1_000, 2_002)]),
  story("a late token that leaves too little above it", [...PASSED_OVER, wrong(4, 1_000, 8_996, "above")]),
  story("a late token that leaves 1 msat for each above it", [...PASSED_OVER, fits(4, 1_000, 8_995)]),
  story("the last of a gap must end where the next began: less", [
    ...PASSED_OVER,
    wrong(9, 1_000, 8_999, "above"),
  ]),
  story("the last of a gap must end where the next began: more", [
    ...PASSED_OVER,
    wrong(9, 1_000, 9_001, "above"),
  ]),
  story("the first of a gap must begin where the last one ended", [
    ...PASSED_OVER,
    wrong(2, 1_000, 2_001, "below"),
  ]),
  story("the two halves of a gap are gaps of their own: below", [
    ...PASSED_OVER,
    fits(5, 1_000, 5_000),
    wrong(4, 1_000, 3_999, "above"),
  ]),
  story("the two halves of a gap are gaps of their own: above", [
    ...PASSED_OVER,
    fits(5, 1_000, 5_000),
    wrong(6, 1_000, 6_001, "below"),
  ]),
  story("the only counter of a gap", [fits(1, 1_000, 1_000), fits(3, 1_000, 4_000), fits(2, 2_000, 3_000)]),
  story("the only counter of a gap with less than was passed over", [
    fits(1, 1_000, 1_000),
    fits(3, 1_000, 4_000),
    wrong(2, 1_999, 2_999, "above"),
  ]),

  story("the same token again", [
    fits(1, 1_000, 1_000),
    token(1, 1_000, 1_000, "known", { state: "reserved" }),
  ]),
  story("the same token again after others", [
    fits(1, 1_000, 1_000),
    fits(2, 1_000, 2_000),
    token(1, 1_000, 1_000, "known", { state: "reserved" }),
  ]),
  story("a repeated answer acknowledges an update that came meanwhile", [
    fits(1, 1_000, 1_000),
    order(1, {}),
    token(1, 1_000, 1_000, "known", { state: "reserved", updateSequence: 1 }),
  ]),
  story("a repeated answer is known whatever update it names", [
    fits(1, 1_000, 1_000),
    token(1, 1_000, 1_000, "known", { state: "reserved", updateSequence: 9 }),
  ]),
  story("another amount under a counter that was seen", [
    fits(1, 1_000, 1_000),
    wrong(1, 999, 1_000, "counter", { invoiceAmount: null }),
  ]),
  story("another total under a counter that was seen", [
    fits(1, 1_000, 1_000),
    wrong(1, 1_000, 1_001, "counter"),
  ]),
  story("another invoice under a counter that was seen", [
    fits(1, 1_000, 1_000),
    wrong(1, 1_000, 1_000, "counter", { invoice: 2 }),
  ]),
  story("another PIN flag under a counter that was seen", [
    fits(1, 1_000, 1_000),
    wrong(1, 1_000, 1_000, "counter", { flags: 1 }),
  ]),

  story("another amount than the invoice's: void, and void when it comes again", [
    token(1, 1_000, 1_000, "void", { invoiceAmount: 1_001 }),
    token(1, 1_000, 1_000, "known", { invoiceAmount: 1_001, state: "void" }),
    fits(2, 1_000, 2_000),
  ]),
  story("a contradiction counts more than another amount than the invoice's", [
    wrong(1, 1_000, 1_001, "below", { invoiceAmount: 1_001 }),
  ]),
  story("an invoice that leaves the amount open has none to compare", [
    fits(1, 1_000, 1_000, { invoiceAmount: null }),
  ]),
  story("a void counter is seen: the next one must begin where it ended", [
    token(1, 1_000, 1_000, "void", { invoiceAmount: 1_001 }),
    wrong(2, 1_000, 2_001, "below"),
  ]),

  story("a gap that was voided: refused for ever", [
    ...PASSED_OVER,
    VOID_GAPS,
    token(2, 1_000, 2_000, "gap"),
    token(9, 1_000, 9_000, "gap"),
    token(2, 1_000, 2_000, "gap"),
  ]),
  story("what is left of a gap is voided; what was seen is known", [
    ...PASSED_OVER,
    fits(5, 1_000, 5_000),
    VOID_GAPS,
    token(5, 1_000, 5_000, "known", { state: "reserved" }),
    token(4, 1_000, 4_000, "gap"),
    token(6, 1_000, 6_000, "gap"),
  ]),
  story("the counter after a voided gap goes on", [...PASSED_OVER, VOID_GAPS, fits(11, 1_000, 15_000)]),
  story("a token of a voided gap that would contradict is refused as voided", [
    ...PASSED_OVER,
    VOID_GAPS,
    token(4, 1_000, 1_500, "gap"),
  ]),
  story("nothing was passed over: nothing is voided", [
    fits(1, 1_000, 1_000),
    VOID_GAPS,
    fits(2, 1_000, 2_000),
  ]),
  story("after the last seen counter a status voids", [
    fits(1, 1_000, 1_000),
    status(3, 4_000, "fits"),
    VOID_GAPS,
    token(3, 1_000, 4_000, "gap"),
    fits(4, 1_000, 5_000),
  ]),

  story("the whole credit", [fits(1, 20_000_000, 20_000_000)]),
  story("1 msat above the credit that was signed", [wrong(1, 20_000_001, 20_000_001, "limits")]),
  story("a higher credit that was signed, acknowledged", [
    order(1, { credit: "30000000" }),
    fits(1, 30_000_000, 30_000_000, { updateSequence: 1 }),
  ]),
  story("a higher credit that was signed, not acknowledged", [
    order(1, { credit: "30000000" }),
    wrong(1, 30_000_000, 30_000_000, "limits"),
  ]),
  story("an update that was never signed", [wrong(1, 1_000, 1_000, "sequence", { updateSequence: 1 })]),
  story("an update behind the newest one", [
    order(1, {}),
    order(2, {}),
    wrong(1, 1_000, 1_000, "sequence", { updateSequence: 3 }),
  ]),
  story("the newest update", [order(1, {}), order(2, {}), fits(1, 1_000, 1_000, { updateSequence: 2 })]),
  story("an update before the newest one", [
    order(1, {}),
    order(2, {}),
    fits(1, 1_000, 1_000, { updateSequence: 1 }),
  ]),

  story("max per transaction", [fits(1, 5_000, 5_000), wrong(2, 5_001, 10_001, "limits")], {
    maxPerTransaction: "5000",
  }),
  story(
    "max transactions",
    [fits(1, 1_000, 1_000), fits(2, 1_000, 2_000), wrong(3, 1_000, 3_000, "limits")],
    {
      maxTransactions: 2,
    },
  ),
  story(
    "the PIN threshold itself, and 1 msat more with the PIN",
    [fits(1, 5_000, 5_000), fits(2, 5_001, 10_001, { flags: 1 })],
    { pinThreshold: "5000" },
  ),
  story("1 msat above the PIN threshold without the PIN", [wrong(1, 5_001, 5_001, "limits")], {
    pinThreshold: "5000",
  }),
  story(
    "the whole no-PIN budget, and more with the PIN",
    [fits(1, 5_000, 5_000), fits(2, 5_001, 10_001, { flags: 1 })],
    { noPinBudget: "5000" },
  ),
  story("1 msat above the no-PIN budget without the PIN", [wrong(1, 5_001, 5_001, "limits")], {
    noPinBudget: "5000",
  }),
  story("a debit that is older than the update that lowered its limits", [
    order(1, { maxPerTransaction: "1000" }),
    fits(1, 5_000, 5_000, { updateSequence: 1 }),
  ]),
  story(
    "limits that an update raised, not acknowledged",
    [order(1, { maxPerTransaction: "10000" }), wrong(1, 5_001, 5_001, "limits")],
    { maxPerTransaction: "5000" },
  ),
  story(
    "no single update allowed it, though each limit was once high enough",
    [
      order(1, { maxPerTransaction: "1000", pinThreshold: NO }),
      wrong(1, 5_000, 5_000, "limits", { updateSequence: 1 }),
    ],
    { pinThreshold: "1000" },
  ),

  story("a new card's status", [status(0, 0, "fits"), fits(1, 1_000, 1_000)]),
  story("a status with counter 0 and a total", [status(0, 1, "contradiction", { which: "above" })]),
  story("a status of the last seen counter", [fits(1, 1_000, 1_000), status(1, 1_000, "fits")]),
  story("a status of the last seen counter with another total", [
    fits(1, 1_000, 1_000),
    status(1, 1_001, "contradiction", { which: "above" }),
  ]),
  story("a status ahead: 1 msat for each is the least", [fits(1, 1_000, 1_000), status(4, 1_003, "fits")]),
  story("a status ahead: 1 msat less", [
    fits(1, 1_000, 1_000),
    status(4, 1_002, "contradiction", { which: "below" }),
  ]),
  story("a token below a status, and the last one up to it", [
    status(3, 3_000, "fits"),
    fits(2, 1_000, 2_000),
    fits(3, 1_000, 3_000),
    fits(1, 1_000, 1_000),
  ]),
  story("a token that a status leaves too little for", [
    status(3, 3_000, "fits"),
    wrong(1, 2_999, 2_999, "above"),
  ]),
  story("a token that a status leaves just enough for", [status(3, 3_000, "fits"), fits(1, 2_998, 2_998)]),
  story("a token with the counter of a status and another total", [
    status(3, 3_000, "fits"),
    wrong(3, 1_000, 2_999, "above"),
  ]),
  story("a token behind a status must begin where it ended", [
    status(3, 3_000, "fits"),
    wrong(4, 1_000, 4_001, "below"),
  ]),
  story("an older status, within a gap", [...PASSED_OVER, status(5, 5_000, "fits"), fits(6, 1_000, 6_000)]),
  story("a token that contradicts an older status within a gap: below it", [
    ...PASSED_OVER,
    status(5, 5_000, "fits"),
    wrong(5, 1_000, 5_001, "above"),
  ]),
  story("a token that contradicts an older status within a gap: above it", [
    ...PASSED_OVER,
    status(5, 5_000, "fits"),
    wrong(6, 1_000, 5_999, "below"),
  ]),
  story("an older status that leaves too little below it", [
    ...PASSED_OVER,
    status(5, 1_003, "contradiction", { which: "below" }),
  ]),
  story("an older status that leaves too little above it", [
    ...PASSED_OVER,
    status(5, 8_997, "contradiction", { which: "above" }),
  ]),
  story("an older status that leaves 1 msat for each above it", [...PASSED_OVER, status(5, 8_996, "fits")]),
  story("an older status just before a seen counter", [...PASSED_OVER, status(9, 9_000, "fits")]),
  story("an older status just before a seen counter with another total", [
    ...PASSED_OVER,
    status(9, 8_999, "contradiction", { which: "above" }),
  ]),
  story("two statuses of one counter with different totals", [
    status(3, 3_000, "fits"),
    status(3, 3_001, "contradiction", { which: "above" }),
  ]),
  story("the same status again", [status(3, 3_000, "fits"), status(3, 3_000, "fits")]),
  story("a status with a credit that was never signed", [
    status(0, 0, "contradiction", { credit: "20000001", which: "credit" }),
  ]),
  story("a status with the credit of a later update", [
    order(1, { credit: "30000000" }),
    status(0, 0, "contradiction", { credit: "30000000", which: "credit" }),
  ]),
  story("a status that acknowledges an update", [
    order(1, { credit: "30000000" }),
    status(0, 0, "fits", { credit: "30000000", updateSequence: 1 }),
  ]),
  story("a status that acknowledges an update with the credit before it", [
    order(1, { credit: "30000000" }),
    status(0, 0, "contradiction", { updateSequence: 1, which: "credit" }),
  ]),
  story("a status that acknowledges an update that was never signed", [
    status(0, 0, "contradiction", { updateSequence: 1, which: "sequence" }),
  ]),
];

const sequences = [
  ["none was signed", 0, 0, 0],
  ["one that was never signed", 0, 1, null],
  ["the newest", 5, 5, 5],
  ["an older one", 5, 3, 3],
  ["above the newest, and nothing lower ends like it", 5, 6, null],
  ["the last of 24 bits", 0xffffff, 0xffffff, 0xffffff],
  ["the first that needs more", 0x1000000, 0, 0x1000000],
  ["just before it", 0x1000000, 0xffffff, 0xffffff],
  ["two rounds of 24 bits ago is not the greatest", 0x2000001, 2, 0x1000002],
  ["the greatest of all", 0xffffffff, 0xffffff, 0xffffffff],
].map(([comment, newest, low24, full]) => ({ comment, newest, low24, full }));

export function generate(): unknown {
  return {
    title: "An issuer's decisions about counters",
    spec: "specs/03",
    vectors: stories,
    sequences,
  };
}
