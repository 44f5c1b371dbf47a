import { z } from "zod";
import { msat } from "../common/index.js";

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const chip = z.string().regex(/^[0-9a-f]{2,64}$/);
const item = z.int().min(0).max(99_999);
const version = z.int().min(0).max(255);

const order = z.strictObject({
  number: z.string(),
  holder: z.string(),
  credit: z
    .string()
    .regex(/^\d{1,19}$/)
    .transform((text) => msat(BigInt(text)))
    .optional(),
});

/** The lines of a batch's journal (specs/04 §10). Nothing in them is secret. */
export const recordSchema = z.discriminatedUnion("step", [
  /** First line: what the batch is. */
  z.strictObject({
    step: z.literal("batch"),
    format: z.literal("chequecard-batch"),
    version: z.int().min(1),
    batch: hex(8),
    profile: z.string(),
    /** SHA-256 of what the profile means. */
    fingerprint: hex(32),
    cards: z.array(order).min(1),
  }),
  /** Keys of this version are about to be tried on the chip. */
  z.strictObject({ step: z.literal("attempt"), chip, version }),
  /** The try ended without a channel, for a reason that will not go away. */
  z.strictObject({ step: z.literal("refused"), chip, version, reason: z.string() }),
  /** The try ended at no cost to the chip: a channel is open, or it has no keys of that version. */
  z.strictObject({
    step: z.literal("ended"),
    chip,
    version,
    /** Security level of the channel that was opened; absent when none was. */
    level: z.int().min(0).max(0x33).optional(),
  }),
  /** The card of this id, on this chip, is reset and made again as this item: its holder gets a new PIN. */
  z.strictObject({ step: z.literal("renewing"), item, chip, card: hex(8) }),
  /** The chip has made its key and gets this card's id; the registry follows. */
  z.strictObject({
    step: z.literal("assigned"),
    chip,
    item,
    card: hex(8),
    key: hex(65),
    pin: z.boolean(),
    /** What its certificate says; absent: it gets none. */
    certificate: z
      .strictObject({
        limit: z
          .string()
          .regex(/^\d{1,19}$/)
          .transform((text) => msat(BigInt(text))),
        validUntil: z.int().min(0).max(0xffffffff),
      })
      .optional(),
  }),
  /** The card id was given up and is retired in the registry; the chip is still this card's. */
  z.strictObject({ step: z.literal("abandoned"), card: hex(8) }),
  /** Read back and found right. */
  z.strictObject({ step: z.literal("verified"), card: hex(8) }),
  /** `active` in the registry. */
  z.strictObject({ step: z.literal("active"), card: hex(8) }),
  /** The second face of the chip's card gets this id and identity; the registry follows. */
  z.strictObject({ step: z.literal("face"), chip, item, card: hex(8), uid: hex(7) }),
  /** Read back and in use. */
  z.strictObject({ step: z.literal("face-active"), card: hex(8) }),
  /** The keys of the chip are about to be replaced. */
  z.strictObject({ step: z.literal("rotating"), chip, from: version, to: version }),
  /** The chip has the new keys. */
  z.strictObject({ step: z.literal("rotated"), chip, version }),
  /** The chip has factory keys of this version still, beside the new ones. */
  z.strictObject({ step: z.literal("kept"), chip, version }),
  /** Nothing is left to do for this card. */
  z.strictObject({ step: z.literal("done"), item, card: hex(8) }),
  /** The operator lets the chip be tried again. */
  z.strictObject({ step: z.literal("retry"), chip }),
  /** The operator gave the chip up; the card is made with another one. */
  z.strictObject({ step: z.literal("released"), item, chip }),
]);

export type JournalRecord = z.output<typeof recordSchema>;
export type BatchRecord = Extract<JournalRecord, { step: "batch" }>;

/** The text of a record. Amounts are decimal strings. */
export function encodeRecord(record: JournalRecord): string {
  return JSON.stringify(record, (_key, value) => (typeof value === "bigint" ? value.toString() : value));
}
