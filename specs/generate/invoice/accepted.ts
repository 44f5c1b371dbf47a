import { wordsOf } from "../../../reference/invoice.js";
import { assembleInvoice, bytes, features, field, hex, join, publicKey, text } from "./assemble.js";
import { accept } from "./entries.js";
import {
  D,
  F,
  fallback,
  HASH,
  HOP,
  HOUR,
  invoice,
  KEY,
  NONCE,
  OTHER_KEY,
  P,
  PAYEE,
  S,
  TIME,
  USUAL,
  withFeatures,
} from "./samples.js";

const fallbacks = (version: number, length: number) => ({
  fallbacks: [{ version, program: "ab".repeat(length) }],
});

const amounts = [
  ["1 msat", "lnbc10p", "bc", "1"],
  ["99 msat, which only p can say", "lnbc990p", "bc", "99"],
  ["100 msat", "lnbc1n", "bc", "100"],
  ["100 msat, not in the shortest form", "lnbc1000p", "bc", "100"],
  ["1 sat", "lnbc10n", "bc", "1000"],
  ["1 sat on testnet", "lntb10n", "tb", "1000"],
  ["1 sat on signet", "lntbs10n", "tbs", "1000"],
  ["1 sat on regtest", "lnbcrt10n", "bcrt", "1000"],
  ["1 sat on simnet", "lnsb10n", "sb", "1000"],
  ["1 bitcoin", "lnbc1", "bc", "100000000000"],
  ["21 million bitcoin", "lnbc21000000", "bc", "2100000000000000000"],
] as const;

/** What a reader gets of fields of each kind. */
export const valid = [
  ...amounts.map(([comment, prefix, network, amountMsat]) =>
    accept(comment, invoice(prefix, USUAL), { network, amountMsat }),
  ),
  accept("no amount", invoice("lnbc", USUAL), { network: "bc", amountMsat: null }),
  accept("empty description", invoice("lnbc1n", [P, S, text(""), F]), { description: "" }),
  accept("description hash", invoice("lnbc1n", [P, S, bytes("h", HASH), F]), { descriptionHash: hex(HASH) }),
  accept("no features field", invoice("lnbc1n", [P, S, D]), { features: [] }),
  accept(
    "expiry 60, final cltv 144",
    invoice("lnbc1n", [...USUAL, field("x", [1, 28]), field("c", [4, 16])]),
    {
      expirySeconds: 60,
      minFinalCltv: 144,
    },
  ),
  accept(
    "payment metadata of 639 bytes",
    invoice("lnbc1n", [P, S, D, features(8, 14, 48), bytes("m", new Uint8Array(639).fill(0xab))]),
    { metadata: "ab".repeat(639), features: [8, 14, 48] },
  ),
  accept(
    "unknown fields stay in order",
    invoice("lnbc1n", [field("2", [1, 2, 3]), P, field("z", []), S, field("2", [31]), D, F]),
    {
      unknownFields: [
        { tag: 10, words: [1, 2, 3] },
        { tag: 2, words: [] },
        { tag: 10, words: [31] },
      ],
    },
  ),
  accept(
    "two route hints, two hops",
    invoice("lnbc1n", [...USUAL, bytes("r", HOP), bytes("r", Uint8Array.of(...HOP, ...HOP))]),
    {
      routeHints: [1, 2].map((count) =>
        new Array(count).fill({
          nodeId: hex(publicKey(OTHER_KEY)),
          shortChannelId: "72623859790382856",
          feeBase: 1,
          feeProportional: 20,
          cltvDelta: 253,
        }),
      ),
    },
  ),
  accept("payee named", invoice("lnbc1n", [...USUAL, bytes("n", PAYEE)])),
  accept("payee recovered from a high s", invoice("lnbc1n", USUAL, { highS: true })),
  accept("fallback of an unknown version is skipped", invoice("lnbc1n", [...USUAL, field("f", [19, 1, 2])]), {
    fallbacks: [],
  }),
  accept("unknown optional feature 265", invoice("lnbc1n", [P, S, D, features(8, 14, 265)]), {
    features: [8, 14, 265],
  }),
  accept("anchors 23 with 13", invoice("lnbc1n", [P, S, D, features(8, 13, 14, 23)]), {
    features: [8, 13, 14, 23],
  }),
  accept(
    "draft-819: deputy nonce in field 0, feature 22",
    invoice("lnbc1n", [P, S, D, features(8, 14, 22), bytes("0", NONCE)]),
    { deputyNonce: hex(NONCE), features: [8, 14, 22] },
    "draft-819",
  ),
];

/** What a reader takes at the edges: of amounts, fallbacks, features, times and lengths. */
export const moreValid = [
  accept("amount of 20 digits, not in the shortest form", invoice("lnbc10000000000000000000p", USUAL), {
    amountMsat: "1000000000000000000",
  }),
  accept("1 millibitcoin", invoice("lnbc1m", USUAL), { amountMsat: "100000000" }),
  accept("1 microbitcoin", invoice("lnbc1u", USUAL), { amountMsat: "100000" }),
  ...[
    [0, 20],
    [0, 32],
    [1, 2],
    [1, 40],
    [16, 2],
    [16, 40],
    [17, 20],
    [18, 20],
  ].map(([version = 0, length = 0]) =>
    accept(
      `fallback of version ${version} with ${length} bytes`,
      fallback(version, length),
      fallbacks(version, length),
    ),
  ),
  accept("fallback of version 31 is skipped", fallback(31, 20), { fallbacks: [] }),
  accept(
    "two fallbacks",
    invoice("lnbc1n", [
      ...USUAL,
      field("f", [17, ...wordsOf(new Uint8Array(20).fill(1))]),
      field("f", [18, ...wordsOf(new Uint8Array(20).fill(2))]),
    ]),
    {
      fallbacks: [
        { version: 17, program: "01".repeat(20) },
        { version: 18, program: "02".repeat(20) },
      ],
    },
  ),
  ...[12, 24, 36].map((bit) =>
    accept(`known required feature ${bit}`, withFeatures(8, bit, 14), {
      features: [8, 14, bit].sort((a, b) => a - b),
    }),
  ),
  accept("known required features 16 and 48", withFeatures(8, 14, 16, 48), { features: [8, 14, 16, 48] }),
  accept("feature 14 without the assumed 8", withFeatures(14), { features: [14] }),
  accept("feature 15 without the assumed 8", withFeatures(15), { features: [15] }),
  accept("features 14 and 17 without the assumed 8", withFeatures(14, 17), { features: [14, 17] }),
  accept("feature 23 without the assumed 12", withFeatures(8, 14, 23), { features: [8, 14, 23] }),
  accept("feature 14 with 9 in place of 8", withFeatures(9, 14), { features: [9, 14] }),
  accept("feature 17 with 15 and 9", withFeatures(9, 15, 17), { features: [9, 15, 17] }),
  accept("unknown optional features up to 21", withFeatures(1, 3, 5, 7, 8, 11, 14, 19, 21), {
    features: [1, 3, 5, 7, 8, 11, 14, 19, 21],
  }),
  accept("a second before its expiry", HOUR, {}, "modern", { now: TIME + 3599 }),
  accept("exactly as many seconds left as are needed", HOUR, {}, "modern", {
    now: TIME + 3480,
    minRemainingSeconds: 120,
  }),
  accept("made in the future", HOUR, {}, "modern", { now: TIME - 100_000 }),
  accept(
    "expiry of the greatest number that is read",
    invoice("lnbc1n", [...USUAL, field("x", new Array(10).fill(31))]),
    {
      expirySeconds: 2 ** 50 - 1,
    },
  ),
  accept(
    "expiry 0 words long is 0 seconds, now is before it",
    invoice("lnbc1n", [...USUAL, field("x", [])]),
    { expirySeconds: 0 },
    "modern",
    { now: TIME - 1 },
  ),
  accept(
    "a second payment hash of 51 words does not count",
    invoice("lnbc1n", [P, field("p", new Array(51).fill(1)), S, D, F]),
  ),
  accept(
    "a description hash of 53 words does not count",
    invoice("lnbc1n", [P, S, D, field("h", new Array(53).fill(0)), F]),
  ),
  accept(
    "a payee of 52 words does not count: recovered",
    invoice("lnbc1n", [...USUAL, field("n", new Array(52).fill(1))]),
  ),
  accept(
    "a deputy nonce of 51 words does not count",
    invoice("lnbc1n", [...USUAL, field("0", new Array(51).fill(1)), bytes("0", NONCE)]),
    { deputyNonce: hex(NONCE) },
  ),
  accept(
    "payee named: the recovery id is not looked at, not in the shortest form",
    invoice("lnbc1n", [...USUAL, bytes("n", PAYEE)], { recovery: 3 }),
  ),
  accept("made in 1970", assembleInvoice("lnbc1n", 1, USUAL, { key: KEY }), { timestamp: 1 }, "modern", {
    now: 2,
  }),
  accept("metadata without bytes", invoice("lnbc1n", [...USUAL, field("m", [])]), { metadata: "" }),
  accept("description in UTF-8", invoice("lnbc1n", [P, S, text("bière ☕"), F]), { description: "bière ☕" }),
  accept(
    "12 hops in a route hint",
    invoice("lnbc1n", [...USUAL, bytes("r", join(...new Array<Uint8Array>(12).fill(HOP)))]),
  ),
  accept(
    "draft-819: features that the modern profile wants are not asked for",
    withFeatures(14, 22),
    { features: [14, 22] },
    "draft-819",
  ),
];
