import { sha256 } from "../../reference/crypto.js";
import { draftPreimage } from "../../reference/draft.js";
import { writeOnion } from "../../reference/onion.js";
import {
  ascii,
  assembleInvoice,
  big,
  bytes,
  type Field,
  features,
  hex,
  join,
  number,
  publicKey,
  text,
  unhex,
} from "./invoice/assemble.js";

/** Profile draft-819 of Deputy Payment Processing (specs/07 §10): preimages, invoices, plans, hop records, onions. */
export const file = "dpp-draft-819.json";

const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
const TIME = 1_700_000_000;
const HEIGHT = 800_000;
const DEPUTY_KEY = fill(0x71);
const RECIPIENT_KEY = fill(0x72);
const ROUTER_KEY = fill(0x73);
const SESSION_KEY = fill(0x74);
/** The example secret of the draft's text. */
const SECRET = ascii("Sup3rS3cur3!");
const NONCE = Uint8Array.from({ length: 32 }, (_, i) => i);
const AMOUNT = 2_500_000n;

const preimage = (nonce: Uint8Array, amount: bigint): Buffer =>
  draftPreimage(hex(SECRET), hex(nonce), amount);

const HOP = {
  nodeId: hex(publicKey(RECIPIENT_KEY)),
  shortChannelId: "123456789012345678",
  feeBase: 0,
  feeProportional: 0,
  cltvDelta: 42,
};
const LEAD = {
  nodeId: hex(publicKey(ROUTER_KEY)),
  shortChannelId: "72623859790382856",
  feeBase: 1000,
  feeProportional: 100,
  cltvDelta: 72,
};
const PROFILE = {
  network: "bcrt",
  payeeKey: hex(DEPUTY_KEY),
  routeHints: [[HOP]],
  sharedSecret: hex(SECRET),
  minFinalCltv: 40,
};

const hop = (h: typeof HOP): Uint8Array =>
  join(
    unhex(h.nodeId),
    big(BigInt(h.shortChannelId), 8),
    big(h.feeBase, 4),
    big(h.feeProportional, 4),
    big(h.cltvDelta, 2),
  );

interface Draft {
  readonly bit: 22 | 23 | undefined;
  readonly media: readonly ("qr" | "nfc")[];
  readonly nonce?: Uint8Array | null;
  readonly hints?: boolean;
  readonly amount?: bigint;
}
const mediumBit = (medium: "qr" | "nfc"): number => (medium === "qr" ? 129 : 131);

function invoice({ bit, media, nonce = NONCE, hints = true, amount = AMOUNT }: Draft): string {
  const fields: Field[] = [
    bytes("p", sha256(preimage(nonce ?? NONCE, amount))),
    bytes("s", fill(0x75)),
    text("1 beer"),
    number("x", 600),
    number("c", PROFILE.minFinalCltv),
    features(8, 14, ...(bit === undefined ? [] : [bit]), ...media.map(mediumBit)),
    ...(hints ? [bytes("r", hop(HOP))] : []),
    ...(nonce ? [bytes("0", nonce)] : []),
  ];
  const prefix = amount === 0n ? "lnbcrt" : amount === AMOUNT ? "lnbcrt25u" : `lnbcrt${amount * 10n}p`;
  return assembleInvoice(prefix, TIME, fields, { key: DEPUTY_KEY });
}

const sale = (comment: string, draft: Draft & { readonly bit: 22 | 23 }) => {
  const { amount = AMOUNT } = draft;
  return {
    comment,
    valid: true,
    profile: { ...PROFILE, required: draft.bit === 22, media: draft.media },
    request: {
      amountMsat: amount === 0n ? null : amount.toString(),
      description: "1 beer",
      expirySeconds: 600,
    },
    now: TIME,
    nonce: hex(NONCE),
    paymentSecret: hex(fill(0x75)),
    fields: {
      preimage: hex(preimage(NONCE, amount)),
      paymentHash: hex(sha256(preimage(NONCE, amount))),
      feature: draft.bit,
      media: draft.media,
    },
    invoice: invoice(draft),
  };
};

const sales = [
  sale("required, by QR", { bit: 22, media: ["qr"] }),
  sale("optional, by QR and NFC", { bit: 23, media: ["qr", "nfc"] }),
  sale("1 msat, by NFC", { bit: 22, media: ["nfc"], amount: 1n }),
  sale("open amount, asked for", { bit: 22, media: ["qr"], amount: 0n }),
];

const plan = (comment: string, draft: Draft, payer: object, plan: object) => ({
  comment,
  invoice: invoice(draft),
  payer: { supported: true, media: ["qr"], ...payer },
  plan,
});
const deputy = (medium: string) => ({ how: "deputy", medium, nonce: hex(NONCE) });
const refuse = (reason: string) => ({ how: "refuse", reason });
const regular = { how: "regular" };
const plans = [
  plan("required and supported", { bit: 22, media: ["qr"] }, {}, deputy("qr")),
  plan("optional and supported", { bit: 23, media: ["qr"] }, {}, deputy("qr")),
  plan(
    "the payer's first medium wins",
    { bit: 22, media: ["qr", "nfc"] },
    { media: ["nfc", "qr"] },
    deputy("nfc"),
  ),
  plan("required, not supported", { bit: 22, media: ["qr"] }, { supported: false }, refuse("unsupported")),
  plan("optional, not supported", { bit: 23, media: ["qr"] }, { supported: false }, regular),
  plan("required, no common medium", { bit: 22, media: ["nfc"] }, {}, refuse("no-common-medium")),
  plan("required, no medium announced", { bit: 22, media: [] }, {}, refuse("no-common-medium")),
  plan("optional, no common medium", { bit: 23, media: ["nfc"] }, {}, regular),
  plan("required, no route hint", { bit: 22, media: ["qr"], hints: false }, {}, refuse("no-route-hint")),
  plan("required, no nonce", { bit: 22, media: ["qr"], nonce: null }, {}, refuse("no-nonce")),
  plan("required, nonce of 31 bytes", { bit: 22, media: ["qr"], nonce: fill(1, 31) }, {}, refuse("no-nonce")),
  plan("no deputy at all", { bit: undefined, media: ["qr"] }, {}, regular),
];

/** The payload of a hop: amount and CLTV of the next HTLC, then records in rising order. */
const payload = (amount: bigint, cltv: number, ...records: readonly [number, Uint8Array][]): Uint8Array => {
  const all: readonly [number, Uint8Array][] = [
    [2, unhex(even(amount.toString(16)))],
    [4, unhex(even(cltv.toString(16)))],
    ...records,
  ];
  return join(...all.map(([type, value]) => join(Uint8Array.of(type, value.length), value)));
};
const even = (digits: string): string => (digits.length % 2 ? `0${digits}` : digits);
const dppRecord = (nonce: Uint8Array, amount: bigint): [number, Uint8Array] => [
  12,
  join(nonce, big(amount, 8)),
];

const SCID = big(BigInt(HOP.shortChannelId), 8);
const record = (comment: string, value: [number, Uint8Array], result: object) => ({
  comment,
  hex: hex(payload(AMOUNT, HEIGHT + 40, [6, SCID], value)),
  ...result,
});
const records = [
  record("nonce and amount", dppRecord(NONCE, AMOUNT), {
    valid: true,
    fields: { nonce: hex(NONCE), invoiceAmountMsat: AMOUNT.toString() },
  }),
  record("open amount", dppRecord(NONCE, 0n), {
    valid: true,
    fields: { nonce: hex(NONCE), invoiceAmountMsat: "0" },
  }),
  record("nonce of 2 bytes, as the draft's table can be read", [12, join(fill(1, 2), big(AMOUNT, 8))], {
    valid: false,
    error: "payload/dpp",
  }),
  record("a byte too many", [12, join(NONCE, big(AMOUNT, 8), fill(0, 1))], {
    valid: false,
    error: "payload/dpp",
  }),
  record("more than there is", dppRecord(NONCE, 2_100_000_000_000_000_001n), {
    valid: false,
    error: "payload/dpp/invoice amount",
  }),
  record("21 million bitcoin", dppRecord(NONCE, 2_100_000_000_000_000_000n), {
    valid: true,
    fields: { nonce: hex(NONCE), invoiceAmountMsat: "2100000000000000000" },
  }),
  {
    comment: "a record that is cut off",
    hex: hex(payload(AMOUNT, HEIGHT + 40, [6, SCID], dppRecord(NONCE, AMOUNT)).subarray(0, -1)),
    valid: false,
    error: "payload/12",
  },
  {
    comment: "a type that is cut off",
    hex: hex(join(payload(AMOUNT, HEIGHT + 40, [6, SCID], dppRecord(NONCE, AMOUNT)), unhex("fd"))),
    valid: false,
    error: "payload/type",
  },
  record("BOLT 4's own record of that number, a point", [12, publicKey(ROUTER_KEY)], {
    valid: false,
    error: "payload/dpp",
  }),
];

/** Payer to router to recipient; behind the recipient the deputy, who does not exist. */
function payment() {
  const cltv = HEIGHT + PROFILE.minFinalCltv;
  const paymentHash = sha256(preimage(NONCE, AMOUNT));
  const fee = 1000n + (AMOUNT * 100n) / 1_000_000n;
  const payloads = [
    payload(AMOUNT, cltv + HOP.cltvDelta, [6, big(BigInt(LEAD.shortChannelId), 8)]),
    payload(AMOUNT, cltv, [6, SCID], dppRecord(NONCE, AMOUNT)),
    payload(AMOUNT, cltv, [8, join(fill(0x75), unhex(even(AMOUNT.toString(16))))]),
  ] as const;
  const [router, recipient, last] = payloads;
  const onion = writeOnion(
    [
      { secretKey: ROUTER_KEY, payload: router },
      { secretKey: RECIPIENT_KEY, payload: recipient },
      { secretKey: DEPUTY_KEY, payload: last },
    ],
    SESSION_KEY,
    paymentHash,
  );
  return {
    comment: "over a router, to the recipient, for the deputy",
    invoice: invoice({ bit: 22, media: ["qr"] }),
    blockHeight: HEIGHT,
    lead: [LEAD],
    hint: [HOP],
    htlc: {
      amountMsat: (AMOUNT + fee).toString(),
      cltvExpiry: cltv + HOP.cltvDelta + LEAD.cltvDelta,
      onion: hex(onion),
    },
    payloads: payloads.map((bytes) => hex(bytes)),
    preimage: hex(preimage(NONCE, AMOUNT)),
  };
}

export function generate(): unknown {
  return {
    title: "Deputy Payment Processing, profile draft-819",
    spec: "specs/07 §10",
    keys: {
      deputy: hex(DEPUTY_KEY),
      recipient: hex(RECIPIENT_KEY),
      router: hex(ROUTER_KEY),
      session: hex(SESSION_KEY),
      sharedSecret: hex(SECRET),
    },
    preimages: [0n, 1n, 1000n, AMOUNT].map((amount) => ({
      nonce: hex(NONCE),
      amountMsat: amount.toString(),
      preimage: hex(preimage(NONCE, amount)),
    })),
    vectors: sales,
    plans,
    records,
    payment: payment(),
  };
}
