import { bytes, features, field } from "./assemble.js";
import { refuse } from "./entries.js";
import { D, F, HASH, HOUR, invoice, NONCE, P, PAYEE, S, TIME, USUAL, withFeatures } from "./samples.js";

/** What is well formed, and cannot be paid here or now. */
export const badHere = [
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
