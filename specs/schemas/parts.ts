import { z } from "zod";

/** Pieces of the schemas of the vector files. */
export const hex = z
  .string()
  .regex(/^(?:[0-9a-f]{2})*$/)
  .describe("bytes, lower-case hex");
export const bytes = (length: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${2 * length}}$`))
    .describe(`${length} bytes, lower-case hex`);
export const amount = z
  .string()
  .regex(/^\d{1,20}$/)
  .describe("64-bit integer in decimal");
export const comment = z.string().min(1);
export const statusWord = z.string().regex(/^[0-9a-f]{4}$/);
export const count = z.int().min(0);

/** What stands at the head of every file. */
export const head = { title: z.string().min(1), spec: z.string().regex(/^specs\/\d\d/) };
/** A file that others published. */
export const published = { ...head, source: z.string().min(1) };

/** A vector that a reader takes, and one that it refuses. */
export const pair = <G extends z.ZodRawShape, B extends z.ZodRawShape>(good: G, bad: B) =>
  z.discriminatedUnion("valid", [
    z.strictObject({ comment, valid: z.literal(true), ...good }),
    z.strictObject({ comment, valid: z.literal(false), ...bad }),
  ]);

/** A reader gets it; a writer does not make it. */
export const canonical = { canonical: z.literal(false).optional() };
export const error = z.string().min(1).describe("name of what is wrong; the page of the file lists all");
export const anyFields = z.record(z.string(), z.unknown());

export const cardKeys = z.strictObject({
  comment,
  issuer: z.strictObject({ secretKey: bytes(32), point: bytes(65) }),
  keySets: z.array(z.strictObject({ keySetId: bytes(4), sealKey: bytes(16) })),
  cards: z.array(z.strictObject({ cardId: bytes(8), secretKey: bytes(32), point: bytes(65) })),
});

export const hop = z.strictObject({
  nodeId: bytes(33),
  shortChannelId: amount,
  feeBase: count,
  feeProportional: count,
  cltvDelta: count,
});
