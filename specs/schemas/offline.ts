import { z } from "zod";
import { amount, bytes, canonical, cardKeys, comment, count, error, head, hex, pair } from "./parts.js";

const pack = z.strictObject({
  issuer: bytes(33),
  name: z.string(),
  network: z.string(),
  sequence: amount,
  madeAt: count,
  validUntil: count,
  terminal: bytes(33),
  label: z.string(),
  keySets: z.array(z.strictObject({ id: bytes(4), sealKey: bytes(16), issuerPoint: bytes(33) })),
  denied: z.array(bytes(8)),
  floorLimits: z.strictObject({
    perSale: amount,
    perCard: amount,
    perTerminal: amount,
    maxSales: count,
    maxPackAgeSeconds: count,
  }),
  forwardingWindow: count,
  nodes: z.array(z.string()),
  guarantee: z.strictObject({ perCard: amount, total: amount, contradictions: z.boolean() }).nullable(),
});
const expected = z.strictObject({
  issuer: bytes(33),
  network: z.string(),
  installed: amount.nullable(),
  now: count,
});

export const offlinePack = z.strictObject({
  ...head,
  keys: z.strictObject({
    terminal: bytes(32),
    issuer: bytes(32),
    otherIssuer: bytes(32),
    ephemeral: bytes(32),
    nonce: bytes(24),
  }),
  contents: z.array(pair({ ...canonical, hex, fields: pack }, { hex, error })),
  vectors: z.array(pair({ hex, fields: pack }, { hex, error })),
  installs: z.array(
    z.union([
      z.strictObject({ comment, valid: z.literal(true), expected }),
      z.strictObject({ comment, valid: z.literal(false), expected, error }),
    ]),
  ),
});

const listHead = { network: z.string(), keyId: bytes(4), fileId: bytes(16), madeAt: count };
const bundle = z.strictObject({
  ...listHead,
  sales: z.array(
    z.strictObject({
      number: count,
      acceptedAt: count,
      token: bytes(149),
      nodeUri: z.string(),
      invoice: z.string(),
    }),
  ),
});
const results = z.strictObject({
  ...listHead,
  results: z.array(
    z.strictObject({
      paymentHash: bytes(32),
      state: z.enum(["open", "paid", "refused"]),
      reason: count.nullable(),
      received: amount,
      paidAt: count,
    }),
  ),
});

export const offlineBundle = z.strictObject({
  ...head,
  reader: z.strictObject({
    network: z.string(),
    keyId: bytes(4),
    terminalKey: bytes(32),
    fileId: bytes(16),
  }),
  bundles: z.array(pair({ hex, fields: bundle }, { hex, error })),
  results: z.array(pair({ hex, fields: results }, { hex, error })),
});

const certified = { certificate: hex, token: hex, amount, now: count };

export const offlineCertificate = z.strictObject({
  ...head,
  keys: cardKeys,
  invoice: z.string(),
  vectors: z.array(
    pair(
      {
        ...certified,
        fields: z.strictObject({
          cardId: bytes(8),
          cardPoint: bytes(33),
          flags: z.literal(0),
          validUntilSeconds: count,
          offlineLimit: amount,
          reserved: bytes(10),
        }),
      },
      { ...certified, error },
    ),
  ),
});

const codes = { kind: z.enum(["bundle", "results", "pack"]), codes: z.array(z.string()) };

export const offlineCodes = z.strictObject({
  ...head,
  vectors: z.array(
    pair({ ...canonical, ...codes, hex }, { ...codes, missing: z.array(count).optional(), error }),
  ),
});
