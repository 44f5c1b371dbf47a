import { z } from "zod";
import { amount } from "../../cli/node/operation.js";
import { ROLES } from "../roles.js";
import { digits, nodeAnswer, time } from "./schemas.js";

const sum = { payments: digits("payments"), amount };

/** How the issuer stands. */
export const overviewAnswer = z.object({
  day: z.string(),
  timeZone: z.string(),
  today: z.object(sum),
  float: z.object({
    left: amount.describe("in millisatoshi: on cards, to be spent or paid out"),
    inFlight: amount,
    owed: amount.describe("in millisatoshi: both together"),
    outbound: amount.describe("in millisatoshi: what the nodes' channels could send"),
    short: amount.describe("in millisatoshi: missing for all cards to spend all they have"),
    asOf: time.optional(),
  }),
  nodes: z.array(nodeAnswer),
  cards: z.object({
    pending: digits("cards"),
    active: digits("cards"),
    blocked: digits("cards"),
    retired: digits("cards"),
  }),
  alerts: digits("contradictions, and payments without an authorization"),
  healthy: z.boolean(),
});

/** What was paid by hour and stall. */
export const spendingAnswer = z.object({
  from: z.string(),
  to: z.string(),
  timeZone: z.string(),
  total: z.object(sum),
  hours: z.array(
    z.object({
      at: time,
      ...sum,
      stalls: z.array(z.object({ payee: z.string(), amount })),
    }),
  ),
  stalls: z.array(
    z.object({
      payee: z.string().describe("Node id; empty: all others together."),
      name: z.string().optional(),
      ...sum,
    }),
  ),
});

/** What the configuration allows, and what the key that asks may. */
export const settingsAnswer = z.object({
  network: z.string(),
  timeZone: z.string(),
  currency: z.string().optional(),
  maxTopUp: amount,
  policies: z.array(z.object({ name: z.string(), sentences: z.array(z.string()) })),
  station: z.boolean().describe("Whether the desk has a reader."),
  letters: z.boolean().describe("Whether the service writes PIN letters."),
  role: z.enum(ROLES).describe("Of the key that asks."),
  key: z.string().describe("Id of the key that asks."),
});

/** Lines of the audit log. */
export const auditAnswer = z.object({
  lines: z.array(
    z.object({
      number: z.int(),
      at: time,
      who: z.string(),
      key: z.string().optional().describe("Id of the API key; left out: by a command."),
      action: z.string(),
      card: z.string().optional(),
      asked: z.unknown(),
      reference: z.string().optional(),
      outcome: z
        .enum(["done", "refused", "unknown", "unfinished"])
        .describe("unknown: it may have been done; unfinished: it runs, or its process was ended in it"),
      endedAt: time.optional(),
      told: z.unknown().optional(),
    }),
  ),
  more: z.boolean(),
});

export type OverviewAnswer = z.output<typeof overviewAnswer>;
export type SpendingAnswer = z.output<typeof spendingAnswer>;
export type SettingsAnswer = z.output<typeof settingsAnswer>;
export type AuditAnswer = z.output<typeof auditAnswer>;
