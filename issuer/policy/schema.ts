import { z } from "zod";
import { type Msat, parseAmount, printAmount } from "../../common/msat.js";

/** An amount with its unit, such as `25000sat`. */
export const amount = z.string().transform((text, context): Msat => {
  try {
    return parseAmount(text);
  } catch (cause) {
    context.addIssue({ code: "custom", message: cause instanceof Error ? cause.message : "no amount" });
    return z.NEVER;
  }
});

const nodeId = z.string().regex(/^0[23][0-9a-f]{64}$/, "need a node id of 66 lower-case hex digits");
const timeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "need a time as HH:MM");

/** Name of a time zone that this machine knows. */
export const timeZone = z.string().refine((zone) => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}, "need a time zone such as Europe/Zurich");

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** When a card may pay: from one time of day to another, over midnight where the second is the earlier. */
const hours = z.strictObject({
  /** Days on which the span begins. Default all. */
  days: z.array(z.enum(WEEKDAYS)).min(1).optional(),
  from: timeOfDay,
  to: timeOfDay,
});

/**
 * What a card may be used for, beyond what the card itself enforces (specs/03 §5). Amounts with a unit, such as
 * `25000sat`. Anything left out is not limited, unless a default is named.
 */
export const policySchema = z.strictObject({
  /** Least for one payment: below it a routing fee costs more than it moves. Default 1 sat. */
  minPerTransaction: amount.default(1_000n as Msat),
  /** Most for one payment. */
  maxPerTransaction: amount.optional(),
  /** Most that its account may be brought to by paying in and moving; what is there already stays. */
  maxBalance: amount.optional(),
  /** Most in any 24 hours, by the issuer's clock. */
  maxPer24h: amount.optional(),
  /** Most in any 30 days, by the issuer's clock. */
  maxPer30d: amount.optional(),
  /** Node ids that may be paid. Absent: everybody. */
  allowedPayees: z.array(nodeId).min(1).max(1000).optional(),
  /** Spans in which payments are allowed. Absent: always. */
  allowedHours: z.array(hours).min(1).max(50).optional(),
  /** IANA time zone of `allowedHours`. Default UTC. */
  timeZone: timeZone.default("UTC"),
  /** Routing fee of one payment at most: base + amount * ppm / 1,000,000. Default 1 sat and 0.5 %. */
  maxFee: z
    .strictObject({ base: amount, ppm: z.int().min(0).max(1_000_000) })
    .default({ base: 1_000n as Msat, ppm: 5_000 }),
  /**
   * Routing fees of the card in any 24 hours and 30 days at most, by the issuer's clock. What a payment may cost counts
   * while it is in flight, what it did cost afterwards. Default 500 sat and 5,000 sat.
   */
  maxFeesPer24h: amount.default(500_000n as Msat),
  maxFeesPer30d: amount.default(5_000_000n as Msat),
  /** Whether the issuer pays routing fees, or the card, from what was paid in for it. Default issuer. */
  feesBorneBy: z.enum(["issuer", "card"]).default("issuer"),
  /** Most blocks that a payment may be locked in for. Default 1,008, a week. */
  maxTotalCltv: z.int().min(1).max(10_000).default(1008),
  /** Seconds that an invoice must be valid for when it arrives. Default 30. */
  minRemainingSeconds: z.int().min(0).max(86_400).default(30),
  /** Whether an invoice without an amount may be paid with the amount that the card signed. Default false. */
  allowAmountless: z.boolean().default(false),
  /**
   * Whether the issuer tells what is left to those who have the card on a reader: its holder, and every merchant, for
   * the receipt. Default false.
   */
  tellsBalance: z.boolean().default(false),
  /** Payments above it are refused unless the card says that the PIN was verified. */
  pinRequiredAbove: amount.optional(),
});

/** A policy with its defaults filled in. */
export type Policy = z.output<typeof policySchema>;
export type AllowedHours = NonNullable<Policy["allowedHours"]>[number];

/** The policy as canonical JSON: equal policies give equal text. `parsePolicy` reads it back. */
export function printPolicy(policy: Policy): string {
  const plain = JSON.parse(
    JSON.stringify(policy, (_key, value) => (typeof value === "bigint" ? printAmount(value as Msat) : value)),
  ) as Record<string, unknown>;
  return JSON.stringify(sorted(plain));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
