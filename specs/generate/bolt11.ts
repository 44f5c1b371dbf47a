import { sha256 } from "../../reference/crypto.js";
import { wordsOf } from "../../reference/invoice.js";
import {
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

const accept = (comment: string, invoice: string, fields: object = {}, profile = "modern") => ({
  comment,
  valid: true,
  profile,
  invoice,
  fields: {
    paymentHash: hex(HASH),
    paymentSecret: hex(SECRET),
    payee: hex(PAYEE),
    timestamp: TIME,
    ...fields,
  },
});
const refuse = (comment: string, invoice: string, error: string) => ({
  comment,
  valid: false,
  profile: "modern",
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
  refuse("feature 22 without 13", invoice("lnbc1n", [P, S, D, features(8, 14, 22)]), "feature-dependency"),
  refuse("feature 23 without 13", invoice("lnbc1n", [P, S, D, features(8, 14, 23)]), "feature-dependency"),
  refuse(
    "draft-819 invoice read as modern",
    invoice("lnbc1n", [P, S, D, features(8, 14, 22), bytes("0", NONCE)]),
    "feature-dependency",
  ),
  refuse(
    "multi-part without payment secret",
    invoice("lnbc1n", [P, S, D, features(8, 17)]),
    "feature-dependency",
  ),
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
].map((entry) => ({ ...entry, valid: false }));

export function generate(): unknown {
  return {
    title: "BOLT 11 invoices",
    spec: "specs/05",
    keys: { payee: hex(KEY) },
    now: TIME + 10,
    vectors: [...valid, ...badForm, ...badHere],
    canonical: [...canonical, ...notCanonical],
  };
}
