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
    profiles: refused.map(([comment, changes, error]) => ({
      comment,
      valid: false,
      profile: { ...PROFILE, ...changes },
      error,
    })),
    recipient: { time: TIME, terminals: [hex(KEY_ID)], sessions },
  };
}
