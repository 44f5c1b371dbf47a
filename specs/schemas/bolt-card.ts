import { z } from "zod";
import { amount, bytes, comment, count, error, head, hex, pair, statusWord } from "./parts.js";

const uid = bytes(7);
const key = bytes(16);
const counter = z.int().min(0).max(0xffffff);
const sun = { k1: key, k2: key, input: z.string(), p: hex, c: hex };
const face = { uid, base: z.string(), k1: key, k2: key, hex: bytes(256) };
const address = { address: z.string(), regtest: z.boolean() };

export const boltCard = z.strictObject({
  ...head,
  sun: z.array(
    pair({ ...sun, fields: z.strictObject({ uid, counter, padding: bytes(5) }) }, { ...sun, error }),
  ),
  keys: z.array(
    z.strictObject({
      ...{ comment, valid: z.literal(true), issuerKey: key, uid, version: z.int().min(0).max(0xffffffff) },
      fields: z.strictObject({ cardKey: key, k0: key, k1: key, k2: key, k3: key, k4: key, id: key }),
    }),
  ),
  capabilities: z.array(
    pair(
      { hex, fields: z.strictObject({ maxRead: count, ndefFile: count, ndefSize: count }) },
      { hex, error },
    ),
  ),
  ndef: z.array(pair({ hex, fields: z.strictObject({ uri: z.string() }) }, { hex, error })),
  addresses: z.array(pair({ ...address, url: z.string() }, { ...address, error })),
  offers: z.array(
    pair(
      {
        answer: z.string(),
        fields: z.union([
          z.strictObject({
            callback: z.string(),
            k1: z.string(),
            min: amount,
            max: amount,
            pinLimit: amount.nullable(),
          }),
          z.strictObject({ reason: z.string() }),
        ]),
      },
      { answer: z.string(), error },
    ),
  ),
  callbacks: z.array(
    z.strictObject({
      ...{ comment, valid: z.literal(true), callback: z.string(), k1: z.string(), invoice: z.string() },
      ...{ pin: z.string().nullable(), url: z.string() },
    }),
  ),
  tickets: z.array(
    pair(
      {
        ...{ issuerKey: key, k1: bytes(32) },
        fields: z.strictObject({ card: bytes(8), counter, end: z.int().min(0).max(0xff_ffff_ffff) }),
      },
      { issuerKey: key, k1: z.string(), error: z.literal("k1") },
    ),
  ),
  faceAddresses: z.array(
    pair({ address: z.string(), base: z.string() }, { address: z.string(), error: z.literal("address") }),
  ),
  faceStores: z.array(
    z.strictObject({
      comment,
      valid: z.boolean(),
      blocks: z.array(z.strictObject({ p1: z.enum(["08", "88"]), p2: bytes(1), data: hex, sw: statusWord })),
    }),
  ),
  faceFiles: z.array(
    pair({ ...face, fields: z.strictObject({ counter, padding: bytes(5) }) }, { ...face, error }),
  ),
});
