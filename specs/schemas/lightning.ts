import { z } from "zod";
import {
  amount,
  anyFields,
  bytes,
  canonical,
  comment,
  count,
  error,
  head,
  hex,
  hop,
  pair,
  published,
  statusWord,
} from "./parts.js";

const profile = z.enum(["modern", "draft-819"]);
const moment = { now: count.optional(), minRemainingSeconds: count.optional() };

export const bolt11Chequecard = z.strictObject({
  ...head,
  keys: z.strictObject({ payee: bytes(32) }),
  now: count,
  vectors: z.array(
    pair(
      { ...canonical, profile, ...moment, invoice: z.string(), fields: anyFields },
      { profile, ...moment, invoice: z.string(), error },
    ),
  ),
  canonical: z.array(
    pair(
      { text: z.string(), canonical: z.string(), hash: bytes(32) },
      { text: z.string(), problem: z.string().min(1) },
    ),
  ),
});

export const bolt11 = z.strictObject({
  ...published,
  keys: z.strictObject({ payee: bytes(32) }),
  vectors: z.array(pair({ invoice: z.string(), fields: anyFields }, { invoice: z.string(), error })),
});

export const odt = z.strictObject({
  ...head,
  vectors: z.array(
    pair(
      {
        typeLength: z.union([z.literal(1), z.literal(2)]),
        hex,
        fields: z.discriminatedUnion("kind", [
          z.strictObject({ kind: z.literal("preimage"), preimage: bytes(32) }),
          z.strictObject({ kind: z.literal("payment-authorization"), uri: z.string(), token: hex }),
          z.strictObject({ kind: z.literal("unknown"), type: count, payload: hex }),
        ]),
      },
      { typeLength: z.union([z.literal(1), z.literal(2)]), hex, error },
    ),
  ),
  texts: z.array(pair({ text: z.string(), hex }, { text: z.string(), error })),
  uris: z.array(
    pair(
      {
        text: z.string(),
        fields: z.strictObject({ pubkey: bytes(33), host: z.string(), port: count }),
        canonical: z.string(),
      },
      { text: z.string(), error },
    ),
  ),
  media: z.array(
    z.strictObject({
      comment,
      profile,
      features: z.array(count),
      own: z.array(z.enum(["qr", "nfc"])),
      medium: z.enum(["qr", "nfc"]).nullable(),
      mayPay: z.boolean(),
    }),
  ),
});

const command = {
  command: z.enum(["SELECT", "PRESENT", "COLLECT"]),
  direction: z.enum(["request", "response"]),
};

export const exchange = z.strictObject({
  ...head,
  preimage: bytes(32),
  vectors: z.array(
    pair({ ...command, hex: z.array(hex), fields: anyFields }, { ...command, hex: z.array(hex), error }),
  ),
  sessions: z.array(
    z.strictObject({
      comment,
      steps: z.array(
        z.union([
          z.strictObject({ wallet: z.enum(["settles", "fails"]) }),
          z.strictObject({ command: hex, sw: statusWord, data: hex }),
        ]),
      ),
    }),
  ),
});

const request = z.strictObject({
  amountMsat: amount.nullable(),
  description: z.string(),
  expirySeconds: count,
});

const deputyProfile = z.strictObject({
  format: z.literal("chequecard/deputy-profile"),
  version: z.literal(1),
  network: z.string(),
  name: z.string(),
  payeeKey: bytes(32),
  routeHints: z.array(z.array(hop)),
  secretScheme: z.union([
    z.strictObject({ type: z.literal("derived") }),
    z.strictObject({
      type: z.literal("ldk-user-payment-hash"),
      metadataKey: bytes(32),
      userPmtHashKey: bytes(32),
    }),
  ]),
  keyId: bytes(4),
  terminalKey: bytes(32),
  minFinalCltv: count,
  multiPart: z.boolean(),
  media: z.array(z.string()),
});

const action = z.union([
  z.strictObject({
    action: z.literal("claim"),
    htlcs: z.array(z.string()),
    receivedMsat: amount,
    preimage: bytes(32),
  }),
  z.strictObject({
    action: z.literal("fail"),
    htlcs: z.array(z.string()),
    reason: z.string(),
    failure: z.enum(["incorrect_or_unknown_payment_details", "mpp_timeout"]),
  }),
]);

export const dppModern = z.strictObject({
  ...head,
  keys: z.strictObject({
    payee: bytes(32),
    master: bytes(32),
    ldkMetadataKey: bytes(32),
    ldkUserPmtHashKey: bytes(32),
  }),
  terminalKeys: z.array(z.strictObject({ keyId: bytes(4), terminalKey: bytes(32) })),
  vectors: z.array(
    z.strictObject({
      comment,
      valid: z.literal(true),
      profile: deputyProfile,
      request,
      now: count,
      nonce: bytes(16),
      fields: z.strictObject({
        metadata: bytes(33),
        preimage: bytes(32),
        paymentHash: bytes(32),
        paymentSecret: bytes(32),
        expiresAt: count,
      }),
      invoice: z.string(),
    }),
  ),
  metadata: z.array(
    pair(
      {
        hex: bytes(33),
        fields: z.strictObject({ keyId: bytes(4), nonce: bytes(16), amountMsat: amount, expiresAt: count }),
      },
      { hex, error },
    ),
  ),
  profiles: z.array(pair({ profile: deputyProfile }, { profile: anyFields, error })),
  recipient: z.strictObject({
    time: count,
    terminals: z.array(bytes(4)),
    sessions: z.array(
      z.strictObject({
        comment,
        allowAmountless: z.boolean(),
        othersHeld: count.optional(),
        steps: z.array(
          z.strictObject({
            at: z.int(),
            htlc: z
              .strictObject({
                id: z.string(),
                paymentHash: bytes(32),
                amountMsat: amount,
                totalMsat: amount,
                blocksLeft: count,
                metadata: hex.nullable(),
                paymentSecret: bytes(32),
              })
              .nullable(),
            repeat: count.optional(),
            actions: z.array(action),
          }),
        ),
      }),
    ),
  }),
});

const draftProfile = z.strictObject({
  network: z.string(),
  payeeKey: bytes(32),
  routeHints: z.array(z.array(hop)),
  sharedSecret: hex,
  minFinalCltv: count,
  required: z.boolean(),
  media: z.array(z.string()),
});

export const dppDraft = z.strictObject({
  ...head,
  keys: z.strictObject({
    deputy: bytes(32),
    recipient: bytes(32),
    router: bytes(32),
    session: bytes(32),
    sharedSecret: hex,
  }),
  preimages: z.array(z.strictObject({ nonce: bytes(32), amountMsat: amount, preimage: bytes(32) })),
  vectors: z.array(
    z.strictObject({
      comment,
      valid: z.literal(true),
      profile: draftProfile,
      request,
      now: count,
      nonce: bytes(32),
      paymentSecret: bytes(32),
      fields: z.strictObject({
        preimage: bytes(32),
        paymentHash: bytes(32),
        feature: count,
        media: z.array(z.string()),
      }),
      invoice: z.string(),
    }),
  ),
  plans: z.array(
    z.strictObject({
      comment,
      invoice: z.string(),
      payer: z.strictObject({ supported: z.boolean(), media: z.array(z.string()) }),
      plan: z.discriminatedUnion("how", [
        z.strictObject({ how: z.literal("regular") }),
        z.strictObject({ how: z.literal("deputy"), medium: z.string(), nonce: bytes(32) }),
        z.strictObject({ how: z.literal("refuse"), reason: z.string() }),
      ]),
    }),
  ),
  records: z.array(
    pair({ hex, fields: z.strictObject({ nonce: bytes(32), invoiceAmountMsat: amount }) }, { hex, error }),
  ),
  payment: z.strictObject({
    comment,
    invoice: z.string(),
    blockHeight: count,
    lead: z.array(hop),
    hint: z.array(hop),
    htlc: z.strictObject({ amountMsat: amount, cltvExpiry: count, onion: bytes(1366) }),
    payloads: z.array(hex),
    preimage: bytes(32),
  }),
});

const peerMessage = { type: z.int().min(45001).max(45013), hex };
const initiation = z.discriminatedUnion("phase", [
  z.strictObject({ phase: z.literal("idle") }),
  z.strictObject({ phase: z.literal("paid") }),
  z.strictObject({ phase: z.literal("cancelled") }),
  z.strictObject({ phase: z.literal("asked"), payer: bytes(33), tokenHashes: z.array(bytes(32)) }),
]);
const asking = { payer: bytes(33), tokenHash: bytes(32) };
const story = {
  comment,
  from: initiation,
  events: z.array(
    z.discriminatedUnion("event", [
      z.strictObject({ event: z.literal("ask"), ...asking }),
      z.strictObject({ event: z.literal("rejected"), ...asking, reason: count.optional() }),
      z.strictObject({ event: z.literal("settled") }),
      z.strictObject({ event: z.literal("cancelled") }),
      z.strictObject({ event: z.literal("not-sent") }),
    ]),
  ),
};

const reasons = z.array(z.strictObject({ code: count, name: z.string(), final: z.boolean() }));

export const api = z.strictObject({
  ...head,
  vectors: z.array(
    pair({ ...peerMessage, canonical: z.boolean(), fields: anyFields }, { ...peerMessage, error }),
  ),
  challenges: z.array(
    z.strictObject({ comment, nodeId: bytes(33), time: amount, nonce: bytes(24), challenge: bytes(32) }),
  ),
  addresses: z.array(
    z.strictObject({
      address: z.string(),
      scope: z.enum(["public", "loopback", "private", "link-local", "reserved"]),
    }),
  ),
  initiations: z.array(
    z.union([z.strictObject({ ...story, state: initiation }), z.strictObject({ ...story, error })]),
  ),
  reasons,
  refundReasons: reasons,
  refundInvoices: z.array(
    z.strictObject({ comment, paymentHash: bytes(32), refundId: bytes(16), description: z.string() }),
  ),
});

export const onion = z.strictObject({
  ...published,
  comment,
  generate: z.strictObject({
    session_key: bytes(32),
    associated_data: hex,
    hops: z.array(z.strictObject({ pubkey: bytes(33), payload: hex })),
  }),
  onion: bytes(1366),
  decode: z.array(bytes(32)),
});

const failureHop = {
  pubkey: bytes(33),
  hop_shared_secret: bytes(32),
  ammag_key: bytes(32),
};
export const onionFailure = z.strictObject({
  ...published,
  comment,
  generate: z.strictObject({
    session_key: bytes(32),
    failure_message: hex,
    hops: z.array(
      z.strictObject({ ...failureHop, um_key: bytes(32).optional(), payload: bytes(260).optional() }),
    ),
  }),
  errorpacket: bytes(292),
});

export const tlv = z.strictObject({
  ...published,
  bigsize: z.array(pair({ hex, value: amount }, { hex, problem: z.string().min(1) })),
  streams: z.array(z.looseObject({ comment, valid: z.boolean(), hex, namespaces: z.array(z.string()) })),
});
