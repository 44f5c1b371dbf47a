import { z } from "zod";
import type { Rate } from "../../common/token-bucket.js";
import { policySchema } from "../policy/schema.js";

const rate = (usual: Rate) =>
  z.strictObject({ perSecond: z.number().positive(), burst: z.number().min(1) }).default(usual);

const address = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBare = url && !url.search && !url.hash && !url.username && !url.password;
  if (!isBare || (url.protocol !== "https:" && url.protocol !== "http:") || text.length > 100) {
    context.addIssue({
      code: "custom",
      message: "need an address of at most 100 characters such as https://cards.festival.example",
    });
    return z.NEVER;
  }
  return url.href.replace(/\/$/, "");
});

/**
 * What a Bolt Card may pay unless a policy is named: nobody signs the amount, so a reading that is stolen is worth this
 * much (specs/10 §7.4).
 */
const CAUTIOUS = { maxPerTransaction: "10000sat", maxPer24h: "30000sat", pinRequiredAbove: "5000sat" };

/** Bolt Cards of the issuer (specs/10). */
export const boltCardsConfigSchema = z.strictObject({
  /** Where terminals reach the listener from outside: it is written on every chip. */
  address,
  /** What terminals show of a payment. */
  description: z.string().min(1).max(100).default("Card payment"),
  /** Policy of new cards that none was named for. */
  policy: policySchema.prefault(CAUTIOUS),
  /** How long a reading may be paid for. */
  readingSeconds: z.int().min(10).max(600).default(120),
  /** PINs in a row that may be wrong. */
  maxPinTries: z.int().min(1).max(10).default(3),
  /** Whether evidence of a second chip with a card's keys blocks the card at once. It is reported in any case. */
  onClone: z.enum(["block", "alert"]).default("block"),
  /** The same for a reading that is older than the newest one. Anybody with a reader near the card can make one. */
  onOldReading: z.enum(["block", "alert"]).default("alert"),
  /** Ids of the batch keys in use, the one of new cards first. Default: the newest two of the key file. */
  batches: z
    .array(z.string().regex(/^[0-9a-f]{8}$/, "need a batch key id of 8 lower-case hex digits"))
    .min(1)
    .max(2)
    .optional(),
  /** Whether a proxy of yours is in front of the listener and sets X-Forwarded-For. */
  behindProxy: z.boolean().default(false),
  /** Requests of all, of one address, and readings of one card. */
  rate: rate({ perSecond: 500, burst: 1000 }),
  addressRate: rate({ perSecond: 10, burst: 50 }),
  cardRate: rate({ perSecond: 1, burst: 10 }),
  /** Requests being worked on at once; more get a sentence that says so. */
  maxPending: z.int().min(1).max(10_000).default(200),
});

/** What stands in the section `boltCards` of a configuration. */
export type BoltCardsConfig = z.output<typeof boltCardsConfigSchema>;
/** The same as it is written there. */
export type BoltCardsOptions = z.input<typeof boltCardsConfigSchema>;
