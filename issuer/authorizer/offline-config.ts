import { z } from "zod";
import type { Msat } from "../../common/msat.js";
import { MAX_FORWARDING_WINDOW } from "../../offline/pack.js";
import { amount } from "../policy/schema.js";

const DAY = 86_400;

/** The policy `offline`: what holds for payees whose terminals accept cards while nobody has a connection (specs/09 §8). */
export const offlineConfigSchema = z.strictObject({
  /** Longest time in which a terminal forwards what it accepted; how old its invoices may be. Default 3 days. */
  forwardingWindowSeconds: z
    .int()
    .min(3600)
    .max(MAX_FORWARDING_WINDOW)
    .default(3 * DAY),
  /** How long a new pack is valid. Default 7 days. */
  packValidSeconds: z
    .int()
    .min(3600)
    .max(90 * DAY)
    .default(7 * DAY),
  /** Floor limits of new packs. 0 accepts nothing. */
  floorLimits: z
    .strictObject({
      perSale: amount.default(20_000_000n as Msat),
      perCard: amount.default(50_000_000n as Msat),
      perTerminal: amount.default(2_000_000_000n as Msat),
      maxSales: z.int().min(0).max(100_000).default(1000),
      maxPackAgeSeconds: z
        .int()
        .min(0)
        .max(90 * DAY)
        .default(3 * DAY),
    })
    .prefault({}),
  /** Whether a card's limits in any 24 hours and 30 days hold for these payees. Default true. */
  periodLimits: z.boolean().default(true),
  /** Absent: what the rules refuse is the merchant's loss. */
  guarantee: z
    .strictObject({
      /** Most that one card may owe. */
      perCard: amount,
      /** Most that all cards together may owe. */
      total: amount,
      /** Whether new packs promise to pay tokens that contradict others of their card. Default false. */
      contradictions: z.boolean().default(false),
    })
    .refine(({ perCard, total }) => perCard > 0n && perCard <= total, {
      error: "need an amount above 0 for one card, and at least as much in all",
    })
    .optional(),
});

export type OfflineConfig = z.output<typeof offlineConfigSchema>;
/** The same as it is written in a configuration. */
export type OfflineOptions = z.input<typeof offlineConfigSchema>;
