import { sha256 } from "../../reference/crypto.js";
import { wordsOf } from "../../reference/invoice.js";
import {
  ascii,
  assembleInvoice,
  bytes,
  type Field,
  features,
  field,
  hex,
  join,
  publicKey,
  type Signing,
  text,
  unhex,
} from "./invoice/assemble.js";

/** Invoices of this project's own, beside the official ones in bolt11.json. */
export const file = "bolt11-chequecard.json";

const KEY = new Uint8Array(32).fill(0x42);
const OTHER_KEY = new Uint8Array(32).fill(0x43);
const PAYEE = publicKey(KEY);
const HASH = sha256(new Uint8Array(32).fill(7));
const SECRET = new Uint8Array(32).fill(0x11);
const TIME = 1_700_000_000;
const NONCE = Uint8Array.from({ length: 32 }, (_, i) => i);

const P = bytes("p", HASH);
const S = bytes("s", SECRET);
const D = text("coffee");
const F = features(8, 14);
const USUAL = [P, S, D, F];
const HOP_NUMBERS = unhex("0102030405060708000000010000001400fd");
const HOP = join(publicKey(OTHER_KEY), HOP_NUMBERS);

const invoice = (prefix: string, fields: readonly Field[], signing: Partial<Signing> = {}): string =>
  assembleInvoice(prefix, TIME, fields, { key: KEY, ...signing });

/** When an invoice is looked at, and how much time must be left, where it is not as usual. */
interface Moment {
  readonly now?: number;
  readonly minRemainingSeconds?: number;
}
/** Not what a writer makes of these fields, or not with a signature that it makes. */
const NOT_CANONICAL = /high s|not in the shortest form/;

const accept = (
  comment: string,
  invoice: string,
  fields: object = {},
  profile = "modern",
  moment: Moment = {},
) => ({
  comment,
  valid: true,
  ...(NOT_CANONICAL.test(comment) ? { canonical: false } : {}),
  profile,
  ...moment,
  invoice,
  fields: {
    paymentHash: hex(HASH),
    paymentSecret: hex(SECRET),
    payee: hex(PAYEE),
    timestamp: TIME,
    ...fields,
  },
});
const refuse = (
  comment: string,
  invoice: string,
  error: string,
  moment: Moment = {},
  profile = "modern",
) => ({
  comment,
  valid: false,
  profile,
  ...moment,
  invoice,
  error,
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

const valid = [
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

/** Ends an hour after TIME. */
const HOUR = invoice("lnbc1n", USUAL);
/** A description with a letter that is none of the alphabet in it, made as if its value were −1. */
const withStrangeLetter = (): string => {
  const without = invoice("lnbc1n", [P, S, F, field("d", [1, -1])]);
  const behind = 104 + 6;
  return `${without.slice(0, -behind)}b${without.slice(-behind)}`;
};
/** Features of an invoice with a bit more. */
const withFeatures = (...bits: number[]): string => invoice("lnbc1n", [P, S, D, features(...bits)]);
const fallback = (version: number, length: number): string =>
  invoice("lnbc1n", [...USUAL, field("f", [version, ...wordsOf(new Uint8Array(length).fill(0xab))])]);
const fallbacks = (version: number, length: number) => ({
  fallbacks: [{ version, program: "ab".repeat(length) }],
});

const moreValid = [
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

const badForm = [
  refuse("amount 0", invoice("lnbc0n", USUAL), "invoice/amount"),
  refuse("leading zero in the amount", invoice("lnbc01n", USUAL), "invoice/amount"),
  refuse("a tenth of an msat", invoice("lnbc1p", USUAL), "invoice/amount"),
  refuse("unknown multiplier", invoice("lnbc1k", USUAL), "invoice/amount"),
  refuse("one bitcoin too many", invoice("lnbc21000001", USUAL), "invoice/amount"),
  refuse("unknown network", invoice("lnltc1n", USUAL), "invoice/network"),
  refuse("not a Lightning prefix", invoice("xxbc1n", USUAL), "invoice/network"),
  refuse("no payment hash", invoice("lnbc1n", [S, D, F]), "invoice/payment hash"),
  refuse(
    "payment hash of 31 bytes only",
    invoice("lnbc1n", [bytes("p", HASH.subarray(1)), S, D, F]),
    "invoice/payment hash",
  ),
  refuse("no payment secret", invoice("lnbc1n", [P, D, F]), "invoice/payment secret"),
  refuse("neither description nor hash", invoice("lnbc1n", [P, S, F]), "invoice/description"),
  refuse("description and hash", invoice("lnbc1n", [...USUAL, bytes("h", HASH)]), "invoice/description"),
  refuse(
    "description not UTF-8",
    invoice("lnbc1n", [P, S, bytes("d", Uint8Array.of(0xff)), F]),
    "invoice/description",
  ),
  refuse("padding not zero", invoice("lnbc1n", [P, S, field("d", [0, 1]), F]), "invoice/description"),
  refuse("expiry not minimal", invoice("lnbc1n", [...USUAL, field("x", [0, 1])]), "invoice/expiry"),
  refuse(
    "expiry of 55 bits",
    invoice("lnbc1n", [...USUAL, field("x", new Array(11).fill(1))]),
    "invoice/expiry",
  ),
  refuse(
    "final cltv not minimal",
    invoice("lnbc1n", [...USUAL, field("c", [0, 18])]),
    "invoice/min final cltv",
  ),
  refuse("features not minimal", invoice("lnbc1n", [P, S, D, field("9", [0, 16, 8, 0])]), "invoice/features"),
  refuse(
    "route hint of 50 bytes",
    invoice("lnbc1n", [...USUAL, bytes("r", HOP.subarray(1))]),
    "invoice/route hint[0]",
  ),
  refuse("empty route hint", invoice("lnbc1n", [...USUAL, field("r", [])]), "invoice/route hint[0]"),
  refuse(
    "route hint through no point",
    invoice("lnbc1n", [...USUAL, bytes("r", join(new Uint8Array(33), HOP_NUMBERS))]),
    "invoice/route hint[0][0]/node id",
  ),
  refuse(
    "fallback v0 of 21 bytes",
    invoice("lnbc1n", [...USUAL, field("f", [0, ...wordsOf(new Uint8Array(21))])]),
    "invoice/fallback[0]",
  ),
  refuse("field cut off", invoice("lnbc1n", [...USUAL, [13, 0, 2, 1]]), "invoice/fields[4]"),
  refuse("field without length", invoice("lnbc1n", [...USUAL, [13, 0]]), "invoice/fields[4]"),
  refuse("recovery id 4", invoice("lnbc1n", USUAL, { recovery: 4 }), "invoice/signature"),
  refuse(
    "payee is no point",
    invoice("lnbc1n", [...USUAL, bytes("n", new Uint8Array(33).fill(2, 0, 1).fill(0xff, 1))]),
    "invoice/payee",
  ),
  refuse(
    "signed by another than the payee named",
    invoice("lnbc1n", [...USUAL, bytes("n", PAYEE)], { key: OTHER_KEY }),
    "invoice/signature",
  ),
  refuse(
    "payee named, high s",
    invoice("lnbc1n", [...USUAL, bytes("n", PAYEE)], { highS: true }),
    "invoice/signature",
  ),
  refuse("4097 characters", "l".repeat(4097), "invoice"),
];

const moreBadForm = [
  refuse("amount of 21 digits", invoice("lnbc100000000000000000000p", USUAL), "invoice/amount"),
  refuse("multiplier without digits", invoice("lnbcm", USUAL), "invoice/network"),
  refuse("two multipliers", invoice("lnbc1mm", USUAL), "invoice/network"),
  refuse("1 msat above 21 million bitcoin", invoice("lnbc21000000000000000010p", USUAL), "invoice/amount"),
  refuse("slashes after the scheme", `lightning://${HOUR}`, "invoice"),
  refuse("the scheme twice", `lightning:lightning:${HOUR}`, "invoice"),
  refuse(
    "a word too many in the payment hash",
    invoice("lnbc1n", [field("p", [...wordsOf(HASH), 0]), S, D, F]),
    "invoice/payment hash",
  ),
  refuse(
    "a word too few in the payment secret",
    invoice("lnbc1n", [P, field("s", wordsOf(SECRET).slice(1)), D, F]),
    "invoice/payment secret",
  ),
  refuse(
    "a word too many in the description",
    invoice("lnbc1n", [P, S, field("d", [...wordsOf(new Uint8Array(5)), 0]), F]),
    "invoice/description",
  ),
  refuse(
    "a word too many in the metadata",
    invoice("lnbc1n", [...USUAL, field("m", [...wordsOf(new Uint8Array(5)), 0])]),
    "invoice/payment metadata",
  ),
  refuse(
    "a word too many in a route hint",
    invoice("lnbc1n", [...USUAL, field("r", [...wordsOf(HOP), 0, 0])]),
    "invoice/route hint[0]",
  ),
  refuse(
    "padding of the payment hash not zero",
    invoice("lnbc1n", [
      field(
        "p",
        wordsOf(HASH).map((word, i) => (i === 51 ? word | 1 : word)),
      ),
      S,
      D,
      F,
    ]),
    "invoice/payment hash",
  ),
  refuse(
    "padding of the payee not zero",
    invoice("lnbc1n", [
      ...USUAL,
      field(
        "n",
        wordsOf(PAYEE).map((word, i) => (i === 52 ? word | 1 : word)),
      ),
    ]),
    "invoice/payee",
  ),
  refuse(
    "padding of the deputy nonce not zero",
    invoice("lnbc1n", [
      ...USUAL,
      field(
        "0",
        wordsOf(NONCE).map((word, i) => (i === 51 ? word | 1 : word)),
      ),
    ]),
    "invoice/deputy nonce",
  ),
  refuse(
    "padding of the description hash not zero",
    invoice("lnbc1n", [
      P,
      S,
      F,
      field(
        "h",
        wordsOf(HASH).map((word, i) => (i === 51 ? word | 1 : word)),
      ),
    ]),
    "invoice/description hash",
  ),
  refuse(
    "payee named, recovery id 4",
    invoice("lnbc1n", [...USUAL, bytes("n", PAYEE)], { recovery: 4 }),
    "invoice/signature",
  ),
  refuse("empty fallback", invoice("lnbc1n", [...USUAL, field("f", [])]), "invoice/fallback[0]"),
  ...[
    [0, 19],
    [0, 31],
    [0, 33],
    [1, 1],
    [1, 41],
    [16, 1],
    [16, 41],
    [17, 19],
    [17, 21],
    [18, 19],
    [18, 21],
    [18, 32],
  ].map(([version = 0, length = 0]) =>
    refuse(
      `fallback of version ${version} with ${length} bytes`,
      fallback(version, length),
      "invoice/fallback[0]",
    ),
  ),
  refuse(
    "the second of two fallbacks",
    invoice("lnbc1n", [...USUAL, field("f", [17, ...wordsOf(new Uint8Array(20))]), field("f", [])]),
    "invoice/fallback[1]",
  ),
  refuse(
    "the second hop of a route hint is no point",
    invoice("lnbc1n", [...USUAL, bytes("r", join(HOP, new Uint8Array(33), HOP_NUMBERS))]),
    "invoice/route hint[0][1]/node id",
  ),
  refuse(
    "features with a leading zero word",
    invoice("lnbc1n", [P, S, D, field("9", [0, 16, 8, 0])]),
    "invoice/features",
  ),
  refuse(
    "no field at all and no signature",
    assembleInvoice("lnbc1n", TIME, [], { key: KEY }).slice(0, 60),
    "invoice",
  ),
  refuse("checksum of another prefix", HOUR.replace("lnbc1n", "lntb1n"), "invoice"),
  refuse(
    "two letters exchanged",
    HOUR.slice(0, 30) + HOUR.charAt(31) + HOUR.charAt(30) + HOUR.slice(32),
    "invoice",
  ),
  refuse("a letter that is not in bech32", HOUR.replace("pp5", "pb5"), "invoice"),
  refuse(
    "a letter that is not in bech32, with the checksum of one that reads it as -1",
    withStrangeLetter(),
    "invoice",
  ),
  refuse("mixed case", `LNBC${HOUR.slice(4)}`, "invoice"),
  refuse("recovery id 255", invoice("lnbc1n", USUAL, { recovery: 255 }), "invoice/signature"),
];

const badHere = [
  refuse("for testnet", invoice("lntb1n", USUAL), "network"),
  refuse("without an amount", invoice("lnbc", USUAL), "amountless"),
  refuse("expired", invoice("lnbc1n", [...USUAL, field("x", [1])]), "expired"),
  refuse(
    "unknown required feature 100",
    invoice("lnbc1n", [P, S, D, features(8, 14, 100)]),
    "unknown-feature",
  ),
  refuse("required feature 264", invoice("lnbc1n", [P, S, D, features(8, 14, 264)]), "unknown-feature"),
  refuse("feature 22 of the draft", invoice("lnbc1n", [P, S, D, features(8, 14, 22)]), "unknown-feature"),
  refuse(
    "draft-819 invoice read as modern",
    invoice("lnbc1n", [P, S, D, features(8, 14, 22), bytes("0", NONCE)]),
    "unknown-feature",
  ),
  refuse(
    "multi-part without payment secret",
    invoice("lnbc1n", [P, S, D, features(8, 17)]),
    "feature-dependency",
  ),
  refuse("feature 16 without 14", withFeatures(8, 16), "feature-dependency"),
  ...[0, 2, 4, 6, 10, 18, 20].map((bit) =>
    refuse(`unknown required feature ${bit}`, withFeatures(bit, 8, 14), "unknown-feature"),
  ),
  refuse("unknown required feature 50", withFeatures(8, 14, 50), "unknown-feature"),
  refuse("anchors 22 with 12: known to nobody here", withFeatures(8, 12, 14, 22), "unknown-feature"),
  refuse(
    "draft-819: unknown required feature 20",
    withFeatures(8, 14, 20, 22),
    "unknown-feature",
    {},
    "draft-819",
  ),
  refuse("in the second of its expiry", HOUR, "expired", { now: TIME + 3600 }),
  refuse("a second less than is needed", HOUR, "expires-soon", {
    now: TIME + 3481,
    minRemainingSeconds: 120,
  }),
  refuse("expired, and time was needed", HOUR, "expired", { now: TIME + 3600, minRemainingSeconds: 120 }),
  refuse(
    "two metadata",
    invoice("lnbc1n", [...USUAL, bytes("m", HASH), bytes("m", HASH)]),
    "duplicate-field",
  ),
  refuse(
    "two final CLTV deltas",
    invoice("lnbc1n", [...USUAL, field("c", [1]), field("c", [1])]),
    "duplicate-field",
  ),
  refuse("two fields of features", invoice("lnbc1n", [...USUAL, F]), "duplicate-field"),
  refuse(
    "two deputy nonces",
    invoice("lnbc1n", [...USUAL, bytes("0", NONCE), bytes("0", NONCE)]),
    "duplicate-field",
  ),
  refuse("two descriptions", invoice("lnbc1n", [...USUAL, D]), "duplicate-field"),
  refuse(
    "two description hashes",
    invoice("lnbc1n", [P, S, bytes("h", HASH), bytes("h", HASH), F]),
    "duplicate-field",
  ),
  refuse(
    "two payees",
    invoice("lnbc1n", [...USUAL, bytes("n", PAYEE), bytes("n", PAYEE)]),
    "duplicate-field",
  ),
  refuse("the network comes first", invoice("lntb", [P, S, D, features(14)]), "network"),
  refuse(
    "features come before doubled fields",
    invoice("lnbc", [P, S, D, features(16), features(16)]),
    "feature-dependency",
  ),
  refuse(
    "unknown features come before doubled fields",
    invoice("lnbc", [P, P, S, D, features(8, 14, 100)]),
    "unknown-feature",
  ),
  refuse("doubled fields come before the amount", invoice("lnbc", [P, ...USUAL]), "duplicate-field"),
  refuse("the amount comes before the expiry", invoice("lnbc", [...USUAL, field("x", [1])]), "amountless"),
  refuse("two payment hashes", invoice("lnbc1n", [P, ...USUAL]), "duplicate-field"),
  refuse("two payment secrets", invoice("lnbc1n", [S, ...USUAL]), "duplicate-field"),
  refuse(
    "two expiries",
    invoice("lnbc1n", [...USUAL, field("x", [1, 28]), field("x", [1, 29])]),
    "duplicate-field",
  ),
];

const sample = invoice("lnbc10n", USUAL);
const canonical = [
  { comment: "as it is", text: sample },
  { comment: "upper case", text: sample.toUpperCase() },
  { comment: "with scheme", text: `lightning:${sample}` },
  { comment: "with scheme in upper case, as in a QR code", text: `LIGHTNING:${sample.toUpperCase()}` },
  { comment: "scheme in mixed case", text: `Lightning:${sample}` },
].map((entry) => ({
  ...entry,
  valid: true,
  canonical: sample,
  hash: hex(sha256(new TextEncoder().encode(sample))),
}));
const LONGEST = "l".repeat(4096);
const longest = [
  { comment: "4096 characters", text: LONGEST },
  { comment: "4096 characters behind the scheme", text: `lightning:${LONGEST}` },
].map((entry) => ({ ...entry, valid: true, canonical: LONGEST, hash: hex(sha256(ascii(LONGEST))) }));
const notCanonical = [
  { comment: "empty", text: "", problem: "empty" },
  { comment: "scheme alone", text: "lightning:", problem: "empty" },
  { comment: "mixed case", text: `L${sample.slice(1)}`, problem: "mixes upper and lower case" },
  { comment: "space before", text: ` ${sample}`, problem: "spaces" },
  { comment: "line break after", text: `${sample}\n`, problem: "spaces" },
  { comment: "space inside", text: `${sample.slice(0, 20)} ${sample.slice(20)}`, problem: "spaces" },
  { comment: "Cyrillic o", text: `${sample}\u043e`, problem: "ASCII" },
  { comment: "Kelvin sign, whose lower case is k", text: `LN\u212a`, problem: "ASCII" },
  { comment: "control character", text: `${sample}\u0000`, problem: "ASCII" },
  { comment: "too long", text: "a".repeat(4097), problem: "at most 4096" },
  {
    comment: "4097 characters behind the scheme",
    text: `lightning:${"a".repeat(4097)}`,
    problem: "at most 4096",
  },
  {
    comment: "too long, with a space: the length comes first",
    text: `${"a".repeat(4096)} `,
    problem: "at most 4096",
  },
  { comment: "scheme twice", text: `lightning:lightning:${sample}`, problem: "twice" },
  {
    comment: "scheme twice, the second in upper case",
    text: `lightning:LIGHTNING:${sample}`,
    problem: "twice",
  },
  { comment: "a space between scheme and invoice", text: `lightning: ${sample}`, problem: "spaces" },
  { comment: "tabulator", text: `${sample}\t`, problem: "spaces" },
  { comment: "DEL", text: `${sample}\u007f`, problem: "ASCII" },
].map((entry) => ({ ...entry, valid: false }));

export function generate(): unknown {
  return {
    title: "BOLT 11 invoices",
    spec: "specs/05",
    keys: { payee: hex(KEY) },
    now: TIME + 10,
    vectors: [...valid, ...badForm, ...badHere, ...moreValid, ...moreBadForm],
    canonical: [...canonical, ...notCanonical, ...longest],
  };
}
