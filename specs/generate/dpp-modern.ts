import { pointOf } from "../../reference/crypto.js";
import { terminalKey } from "../../reference/dpp.js";
import {
  KEY_ID,
  LAST_HOP,
  LDK_METADATA_KEY,
  LDK_PROFILE,
  LDK_USER_KEY,
  MASTER,
  metadata,
  PAYEE_KEY,
  PROFILE,
  ROUTED_PROFILE,
  sale,
  TERMINAL_KEY,
  TIME,
} from "./dpp/modern.js";
import { sessions } from "./dpp/sessions.js";
import { hex } from "./invoice/assemble.js";

/** The modern profile of Deputy Payment Processing (specs/07): keys, metadata, invoices, decisions, profiles. */
export const file = "dpp-modern.json";

const NONCE = Uint8Array.from({ length: 16 }, (_, i) => i);
const FIELDS = { nonce: NONCE, amount: 2_500_000n, expiresAt: TIME + 600 };

const invoices = [
  sale("derived payment secret", PROFILE, {
    amount: 2_500_000n,
    description: "1 beer",
    seconds: 600,
  }),
  sale("LDK's payment secret", LDK_PROFILE, {
    amount: 2_500_000n,
    description: "1 beer",
    seconds: 600,
  }),
  sale("through a router, two hints, media announced, 1 msat, a day", ROUTED_PROFILE, {
    amount: 1n,
    description: "bière",
    seconds: 86_400,
  }),
  sale("open amount, asked for", LDK_PROFILE, {
    amount: 0n,
    description: "tip",
    seconds: 60,
  }),
];

const fields = (f: typeof FIELDS, keyId = KEY_ID) => ({
  keyId: hex(keyId),
  nonce: hex(f.nonce),
  amountMsat: f.amount.toString(),
  expiresAt: f.expiresAt,
});
const good = (comment: string, f: typeof FIELDS) => ({
  comment,
  valid: true,
  hex: hex(metadata(f)),
  fields: fields(f),
});
const bad = (comment: string, bytes: Uint8Array, error: string) => ({
  comment,
  valid: false,
  hex: hex(bytes),
  error,
});
const GROUP_ORDER = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
const UNCOMPRESSED = hex(pointOf(PAYEE_KEY));
const MAX = 2_100_000_000_000_000_000n;
const all = metadata(FIELDS);
const metadataVectors = [
  good("an amount", FIELDS),
  good("open amount", { ...FIELDS, amount: 0n }),
  good("21 million bitcoin, last second of a u32", { ...FIELDS, amount: MAX, expiresAt: 0xffffffff }),
  bad("empty", new Uint8Array(0), "metadata"),
  bad("a byte too short", all.slice(0, 32), "metadata"),
  bad("a byte too long", Uint8Array.of(...all, 0), "metadata"),
  bad("version 0", metadata({ ...FIELDS, version: 0 }), "metadata/version"),
  bad("version 2", metadata({ ...FIELDS, version: 2 }), "metadata/version"),
  bad("more than there is", metadata({ ...FIELDS, amount: MAX + 1n }), "metadata/amount"),
];

const hint = (changes: object) => ({ routeHints: [[{ ...LAST_HOP, ...changes }]] });
const refused: readonly [string, object, string][] = [
  ["another format", { format: "chequecard/other" }, "profile/format"],
  ["a later version", { version: 2 }, "profile/version"],
  ["an unknown network", { network: "ltc" }, "profile/network"],
  ["no name", { name: "" }, "profile/name"],
  ["a name of 65 characters", { name: "x".repeat(65) }, "profile/name"],
  ["payee key 0", { payeeKey: "00".repeat(32) }, "profile/payeeKey"],
  ["payee key of 31 bytes", { payeeKey: "01".repeat(31) }, "profile/payeeKey"],
  ["upper case hex", { terminalKey: "AB".repeat(32) }, "profile/terminalKey"],
  ["terminal key missing", { terminalKey: undefined }, "profile/terminalKey"],
  ["key id of 3 bytes", { keyId: "000007" }, "profile/keyId"],
  ["no route hint", { routeHints: [] }, "profile/routeHints"],
  ["an empty route hint", { routeHints: [[]] }, "profile/routeHints/0"],
  ["five route hints", { routeHints: new Array(5).fill([LAST_HOP]) }, "profile/routeHints"],
  ["nine hops", { routeHints: [new Array(9).fill(LAST_HOP)] }, "profile/routeHints/0"],
  ["a last hop with a fee", hint({ feeBase: 1 }), "profile/routeHints/0"],
  ["a last hop with CLTV delta 39", hint({ cltvDelta: 39 }), "profile/routeHints/0"],
  ["a hop through no point", hint({ nodeId: "05".repeat(33) }), "profile/routeHints/0/0/nodeId"],
  ["a channel id as a number", hint({ shortChannelId: 5 }), "profile/routeHints/0/0/shortChannelId"],
  [
    "a channel id of 65 bits",
    hint({ shortChannelId: "18446744073709551616" }),
    "profile/routeHints/0/0/shortChannelId",
  ],
  ["final CLTV 39", { minFinalCltv: 39 }, "profile/minFinalCltv"],
  ["final CLTV 40.5", { minFinalCltv: 40.5 }, "profile/minFinalCltv"],
  ["an unknown scheme", { secretScheme: { type: "plain" } }, "profile/secretScheme/type"],
  [
    "LDK's scheme without keys",
    { secretScheme: { type: "ldk-user-payment-hash" } },
    "profile/secretScheme/metadataKey",
  ],
  [
    "more keys of LDK than a terminal may have",
    { secretScheme: { ...LDK_PROFILE.secretScheme, ldkPmtHashKey: "00".repeat(32) } },
    "profile/secretScheme/ldkPmtHashKey",
  ],
  ["multiPart as a word", { multiPart: "yes" }, "profile/multiPart"],
  ["an unknown medium", { media: ["smoke"] }, "profile/media/0"],
  ["a field that nobody knows", { nodeUri: "x" }, "profile/nodeUri"],
];

const FIRST_HOP = { ...LAST_HOP, feeBase: 1000, feeProportional: 100, cltvDelta: 72 };
const routed = (changes: object) => ({ routeHints: [[{ ...FIRST_HOP, ...changes }, LAST_HOP]] });
const moreRefused: readonly [string, object, string][] = [
  ["version as text", { version: "1" }, "profile/version"],
  ["name as a number", { name: 7 }, "profile/name"],
  ["payee key of the group order", { payeeKey: GROUP_ORDER }, "profile/payeeKey"],
  ["payee key missing", { payeeKey: undefined }, "profile/payeeKey"],
  ["terminal key of 33 bytes", { terminalKey: "01".repeat(33) }, "profile/terminalKey"],
  ["key id of 5 bytes", { keyId: "0000000007" }, "profile/keyId"],
  ["key id missing", { keyId: undefined }, "profile/keyId"],
  ["route hints as a map", { routeHints: {} }, "profile/routeHints"],
  ["a hint that is no list", { routeHints: [LAST_HOP] }, "profile/routeHints/0"],
  ["a hop that is no map", { routeHints: [[7]] }, "profile/routeHints/0/0"],
  ["the second of two hints has no hop", { routeHints: [[LAST_HOP], []] }, "profile/routeHints/1"],
  ["an unknown field in a hop", hint({ alias: "x" }), "profile/routeHints/0/0/alias"],
  ["a hop without a node id", hint({ nodeId: undefined }), "profile/routeHints/0/0/nodeId"],
  ["a node id of 65 bytes", hint({ nodeId: UNCOMPRESSED }), "profile/routeHints/0/0/nodeId"],
  [
    "a channel id with a leading zero",
    hint({ shortChannelId: "0123456789" }),
    "profile/routeHints/0/0/shortChannelId",
  ],
  ["a channel id of two zeros", hint({ shortChannelId: "00" }), "profile/routeHints/0/0/shortChannelId"],
  [
    "a channel id of 21 digits",
    hint({ shortChannelId: "100000000000000000000" }),
    "profile/routeHints/0/0/shortChannelId",
  ],
  ["a channel id with a sign", hint({ shortChannelId: "-1" }), "profile/routeHints/0/0/shortChannelId"],
  ["an empty channel id", hint({ shortChannelId: "" }), "profile/routeHints/0/0/shortChannelId"],
  ["a channel id in hex", hint({ shortChannelId: "0x10" }), "profile/routeHints/0/0/shortChannelId"],
  ["a last hop with a proportional fee", hint({ feeProportional: 1 }), "profile/routeHints/0"],
  ["a base fee of 33 bits", routed({ feeBase: 0x1_0000_0000 }), "profile/routeHints/0/0/feeBase"],
  ["a base fee below 0", routed({ feeBase: -1 }), "profile/routeHints/0/0/feeBase"],
  ["a base fee of half an msat", routed({ feeBase: 0.5 }), "profile/routeHints/0/0/feeBase"],
  ["a base fee as text", routed({ feeBase: "1" }), "profile/routeHints/0/0/feeBase"],
  [
    "a proportional fee of 33 bits",
    routed({ feeProportional: 0x1_0000_0000 }),
    "profile/routeHints/0/0/feeProportional",
  ],
  ["a proportional fee below 0", routed({ feeProportional: -1 }), "profile/routeHints/0/0/feeProportional"],
  ["a CLTV delta of 17 bits", routed({ cltvDelta: 0x1_0000 }), "profile/routeHints/0/0/cltvDelta"],
  ["a CLTV delta below 0", routed({ cltvDelta: -1 }), "profile/routeHints/0/0/cltvDelta"],
  ["the scheme missing", { secretScheme: undefined }, "profile/secretScheme"],
  [
    "the derived scheme with a key",
    { secretScheme: { type: "derived", metadataKey: "00".repeat(32) } },
    "profile/secretScheme/metadataKey",
  ],
  [
    "LDK's scheme with one key",
    { secretScheme: { type: "ldk-user-payment-hash", metadataKey: "00".repeat(32) } },
    "profile/secretScheme/userPmtHashKey",
  ],
  ["final CLTV 2017", { minFinalCltv: 2017 }, "profile/minFinalCltv"],
  ["multiPart missing", { multiPart: undefined }, "profile/multiPart"],
  ["three media", { media: ["qr", "nfc", "qr"] }, "profile/media"],
  ["media as text", { media: "qr" }, "profile/media"],
  ["the second medium is unknown", { media: ["qr", "smoke"] }, "profile/media/1"],
];
const accepted: readonly [string, object][] = [
  ["a name of 64 characters", { name: "x".repeat(64) }],
  ["a name of 1 character", { name: "x" }],
  ["payee key 1", { payeeKey: "1".padStart(64, "0") }],
  ["four route hints", { routeHints: new Array(4).fill([LAST_HOP]) }],
  ["eight hops", { routeHints: [[...new Array(7).fill(FIRST_HOP), LAST_HOP]] }],
  ["a last hop with CLTV delta 40", hint({ cltvDelta: 40 })],
  ["the greatest CLTV delta", hint({ cltvDelta: 0xffff })],
  ["channel id 0", hint({ shortChannelId: "0" })],
  ["channel id of 64 bits", hint({ shortChannelId: "18446744073709551615" })],
  ["the greatest fees", routed({ feeBase: 0xffffffff, feeProportional: 0xffffffff })],
  ["no fees and no delta on the way", routed({ feeBase: 0, feeProportional: 0, cltvDelta: 0 })],
  ["final CLTV 40", { minFinalCltv: 40 }],
  ["final CLTV 2016", { minFinalCltv: 2016 }],
  ["no parts", { multiPart: false }],
  ["media in either order", { media: ["nfc", "qr"] }],
  ...["bc", "tb", "tbs", "sb"].map((network): [string, object] => [`network ${network}`, { network }]),
];

export function generate(): unknown {
  return {
    title: "Deputy Payment Processing, modern profile",
    spec: "specs/07",
    keys: {
      payee: hex(PAYEE_KEY),
      master: hex(MASTER),
      ldkMetadataKey: hex(LDK_METADATA_KEY),
      ldkUserPmtHashKey: hex(LDK_USER_KEY),
    },
    terminalKeys: [
      { keyId: hex(KEY_ID), terminalKey: hex(TERMINAL_KEY) },
      { keyId: "ffffffff", terminalKey: hex(terminalKey(MASTER, new Uint8Array(4).fill(0xff))) },
    ],
    vectors: invoices,
    metadata: metadataVectors,
    profiles: [
      ...[...refused, ...moreRefused].map(([comment, changes, error]) => ({
        comment,
        valid: false,
        profile: { ...PROFILE, ...changes },
        error,
      })),
      ...accepted.map(([comment, changes]) => ({
        comment,
        valid: true,
        profile: { ...PROFILE, ...changes },
      })),
    ],
    recipient: { time: TIME, terminals: [hex(KEY_ID)], sessions },
  };
}
