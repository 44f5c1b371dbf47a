import { z } from "zod";
import {
  amount,
  anyFields,
  bytes,
  canonical,
  cardKeys,
  comment,
  count,
  error,
  head,
  hex,
  pair,
  statusWord,
} from "./parts.js";

const u32 = z.int().min(0).max(0xffffffff);
const u24 = z.int().min(0).max(0xffffff);
const u8 = z.int().min(0).max(0xff);
const sealed = { keySetId: bytes(4), iv: bytes(16), signature: bytes(64) };
const authorization = {
  counter: u32,
  flags: u8,
  updateSequence: u24,
  amount,
  authorizedTotal: amount,
  invoiceHash: bytes(32),
};
const status = {
  counter: u32,
  flags: u8,
  updateSequence: u24,
  credit: amount,
  authorizedTotal: amount,
  challenge: bytes(32),
};
const limits = {
  credit: amount,
  maxPerTransaction: amount,
  pinThreshold: amount,
  noPinBudget: amount,
  maxTransactions: u32,
};
const update = { sequence: u32, flags: u8, reserved: bytes(3), ...limits };

const certificate = {
  cardPoint: bytes(33),
  flags: u8,
  validUntilSeconds: u32,
  offlineLimit: amount,
  reserved: bytes(10),
};

const message = (type: string, fields: z.ZodRawShape) =>
  pair(
    {
      ...canonical,
      type: z.literal(type),
      hex: bytes(149),
      fields: z.strictObject({ ...sealed, cardId: bytes(8), ...fields }),
      body: bytes(128),
      digest: bytes(32),
    },
    { type: z.literal(type), hex, error },
  );

export const cardMessages = z.strictObject({
  ...head,
  keys: cardKeys,
  vectors: z.array(
    z.union([
      message("authorization", authorization),
      message("status", status),
      message("update", { ...update, keyCheck: bytes(12) }),
      message("certificate", certificate),
    ]),
  ),
});

export const cardCommands = z.strictObject({
  ...head,
  vectors: z.array(
    pair({ ...canonical, kind: z.string(), hex, fields: anyFields }, { kind: z.string(), hex, error }),
  ),
});

const own = (length: number) => z.union([z.literal("own"), bytes(length)]);
const updateScript = z.strictObject({
  ...update,
  cardId: own(8),
  keyCheck: own(12),
  keySetId: own(4),
  signedKeySetId: own(4),
  signedBy: z.enum(["issuer", "another key"]),
  sealKey: z.enum(["own", "another key"]),
  signature: z.enum([
    "low-s",
    "high-s",
    "bit-flipped",
    "r-zero",
    "s-zero",
    "r-not-below-n",
    "s-not-below-n",
    "all-ones",
  ]),
  type: bytes(1),
  flip: z.strictObject({ offset: count, mask: bytes(1) }).nullable(),
});
const power = z.strictObject({ comment, power: z.literal("reset") });
const card = z.discriminatedUnion("lifecycle", [
  z.strictObject({ lifecycle: z.literal("blank") }),
  z.strictObject({
    lifecycle: z.literal("personalized"),
    ...limits,
    publish: z.array(z.enum(["available", "maxPerTransaction", "pinThreshold"])),
    nodeUri: z.string(),
    pin: z
      .string()
      .regex(/^\d{4,12}$/)
      .nullable(),
    certificate: bytes(128).nullable(),
  }),
]);

export const cardSessions = z.strictObject({
  ...head,
  keys: cardKeys,
  sessions: z.array(
    z.strictObject({
      id: z.string().regex(/^[a-z-]+\/[a-z-]+$/),
      section: z.string(),
      title: z.string().min(1),
      optional: z.literal(true).optional(),
      malformed: z.literal(true).optional(),
      card,
      steps: z.array(
        z.union([
          power,
          z.strictObject({
            comment,
            command: hex,
            sw: z.union([statusWord, z.array(statusWord)]),
            data: z
              .union([
                hex,
                z.strictObject({ authorization: z.strictObject(authorization) }),
                z.strictObject({ status: z.strictObject(status) }),
                z.strictObject({ certificate: bytes(128) }),
              ])
              .optional(),
            update: updateScript.optional(),
          }),
        ]),
      ),
    }),
  ),
});

const exchange = z.strictObject({ command: hex, sw: statusWord, data: hex });
const staticKeys = z.strictObject({ version: u8, enc: bytes(16), mac: bytes(16), dek: bytes(16) });
const level = z.enum(["00", "01", "03", "11", "13", "33"]);
const host = { staticKeys, hostChallenge: hex, level, initialize: hex };
const response = z.strictObject({ plain: hex, command: hex, sw: statusWord, data: hex });

export const scp03Sessions = z.strictObject({
  ...head,
  keys: z.strictObject({
    comment,
    masterKey: bytes(16),
    versions: z.strictObject({ first: u8, next: u8 }),
    serial: bytes(6),
  }),
  vectors: z.array(
    z.strictObject({
      comment,
      valid: z.literal(true),
      fields: z.strictObject({
        mode: z.enum(["S8", "S16"]),
        i: bytes(1),
        level,
        aid: bytes(8),
        diversification: bytes(10),
        staticKeys,
      }),
      opening: z.array(exchange).length(3),
      steps: z.array(z.strictObject({ plain: exchange, wire: exchange })),
    }),
  ),
  conversations: z.array(
    z.strictObject({
      comment,
      card: z.strictObject({ i: bytes(1), version: u8 }),
      steps: z.array(
        z.union([
          power,
          z.strictObject({
            comment,
            command: hex,
            plain: hex.optional(),
            spoilt: z.enum(["mac", "padding", "length", "clear", "chain", "class", "cryptogram"]).optional(),
            data: hex.optional(),
            status: z.strictObject(status).optional(),
            sw: statusWord,
          }),
        ]),
      ),
    }),
  ),
  hosts: z.array(
    pair(
      { ...host, authenticate: hex, response, plain: hex },
      { ...host, authenticate: hex.optional(), response: response.optional(), error },
    ),
  ),
});

export const personalization = z.strictObject({
  ...head,
  keys: cardKeys,
  vectors: z.array(
    z.discriminatedUnion("kind", [
      z.strictObject({
        comment,
        valid: z.literal(true),
        kind: z.literal("kdf3"),
        fields: z.strictObject({
          master: bytes(16),
          diversification: bytes(10),
          enc: bytes(16),
          mac: bytes(16),
          dek: bytes(16),
        }),
      }),
      z.strictObject({
        comment,
        valid: z.boolean(),
        kind: z.literal("store-data"),
        blocks: z.array(
          z.strictObject({ p1: z.enum(["08", "88"]), p2: bytes(1), data: hex, sw: statusWord }),
        ),
      }),
    ]),
  ),
  proofs: z.array(
    pair({ challenge: bytes(16), hex, point: bytes(65) }, { challenge: bytes(16), hex, error }),
  ),
});

export const statusWords = z.strictObject({
  ...head,
  vectors: z.array(z.strictObject({ sw: z.string().regex(/^[0-9a-f]{2}[0-9a-fx]{2}$/), name: z.string() })),
});

const decision = {
  decision: z.enum(["fits", "known", "void", "gap", "contradiction"]),
  which: z.enum(["counter", "sequence", "limits", "credit", "below", "above"]).optional(),
  state: z.enum(["reserved", "void"]).optional(),
};

export const counters = z.strictObject({
  ...head,
  vectors: z.array(
    z.strictObject({
      comment,
      card: z.strictObject(limits),
      steps: z.array(
        z.union([
          z.strictObject({ voidGaps: z.literal(true) }),
          z.strictObject({ order: z.strictObject({ sequence: u32, ...limits }) }),
          z.strictObject({
            status: z.strictObject({ counter: u32, total: amount, credit: amount, updateSequence: u24 }),
            ...decision,
          }),
          z.strictObject({
            token: z.strictObject({ counter: u32, amount, total: amount, flags: u8, updateSequence: u24 }),
            invoice: z.strictObject({ number: count, amount: amount.nullable() }),
            ...decision,
          }),
        ]),
      ),
    }),
  ),
  sequences: z.array(z.strictObject({ comment, newest: u32, low24: u24, full: u32.nullable() })),
});
