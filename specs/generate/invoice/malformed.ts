import { wordsOf } from "../../../reference/invoice.js";
import { assembleInvoice, bytes, field, join } from "./assemble.js";
import { refuse } from "./entries.js";
import {
  D,
  F,
  fallback,
  HASH,
  HOP,
  HOP_NUMBERS,
  HOUR,
  invoice,
  KEY,
  NONCE,
  OTHER_KEY,
  P,
  PAYEE,
  S,
  SECRET,
  TIME,
  USUAL,
} from "./samples.js";

/** A description with a letter that is none of the alphabet in it, made as if its value were −1. */
const withStrangeLetter = (): string => {
  const without = invoice("lnbc1n", [P, S, F, field("d", [1, -1])]);
  const behind = 104 + 6;
  return `${without.slice(0, -behind)}b${without.slice(-behind)}`;
};

/** What no reader takes, with the field that it names. */
export const badForm = [
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

/** The same at the edges. */
export const moreBadForm = [
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
