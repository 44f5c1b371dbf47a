import { z } from "zod";
import { amount } from "../../cli/node/operation.js";

/** A number that may be large, in decimal digits. */
export const digits = (description: string) =>
  z.union([z.bigint(), z.string().regex(/^\d{1,20}$/)]).describe(description);

export const time = z.string().describe("ISO 8601");

/** A limit that the card enforces. */
const limit = digits("in millisatoshi; 18446744073709551615: no limit");

/** A card in a list. */
export const cardEntry = z.object({
  card: z.string(),
  label: z.string(),
  state: z.enum(["pending", "active", "blocked", "retired"]),
  funded: amount,
  spent: amount,
  left: amount,
  heldForFees: amount.optional(),
  givenBack: amount.describe("in millisatoshi: voided authorizations"),
  payments: digits("of the card so far"),
  updates: digits("made for the card"),
  updatesTaken: digits("that the card has acknowledged"),
  kind: z.enum(["token", "sun"]).describe("sun: a Bolt Card, which signs nothing"),
  keySet: z.string(),
  publicKey: z.string().describe("empty for a Bolt Card"),
  registeredAt: time.optional(),
  replaces: z.string().optional(),
});

const authorization = z.object({
  card: z.string(),
  counter: digits("of the card"),
  state: z.string(),
  amount,
  totalAfter: amount,
  flags: digits("specs/02"),
  payee: z.string(),
  node: z.string().optional(),
  paymentHash: z.string(),
  invoiceHash: z.string(),
  signature: z.string(),
  decidedAt: time.optional(),
  resolvedAt: time.optional(),
  fee: amount.optional(),
  reason: z.string().optional(),
});

/** Everything of one card. */
export const cardAnswer = cardEntry.extend({
  reserved: amount,
  inGaps: amount,
  fees: amount,
  feesCharged: amount,
  chip: z
    .object({
      uid: z.string(),
      version: digits("of its keys"),
      batch: z.string(),
      counter: digits("highest that was read"),
      wiped: z.boolean(),
      pin: z.boolean(),
      pinTries: digits("since the last right PIN"),
      faceOf: z.string().optional(),
    })
    .optional()
    .describe("of a Bolt Card alone"),
  limits: z
    .object({
      credit: amount,
      maxPerTransaction: limit,
      pinThreshold: limit,
      noPinBudget: limit,
      maxTransactions: digits("highest counter"),
      blocked: z.boolean(),
      cause: z.string(),
    })
    .optional()
    .describe("a Bolt Card keeps none"),
  policy: z.unknown(),
  operations: z.array(
    z.object({
      operation: digits("number among the card's operations"),
      kind: z.string(),
      amount,
      at: time.optional(),
      note: z.string(),
      reverses: digits("the operation that it reverses").optional(),
      reference: z.string().optional(),
    }),
  ),
  evidence: z.array(
    z.object({
      at: time.optional(),
      contradiction: z.string(),
      times: digits("how often it was presented"),
      message: z.string(),
    }),
  ),
  authorizations: z.array(authorization),
});

/** What an order has booked. */
export const bookedAnswer = z.object({
  card: z.string(),
  amount: amount.describe("in millisatoshi: paid in, paid out, moved or reversed"),
  left: amount.describe("in millisatoshi: on the card after it"),
  reference: z.string().describe("The Idempotency-Key, under which the ledger keeps the order."),
  repeated: z.boolean().describe("True: an earlier try had booked it, and nothing was booked now."),
});

const sum = { payments: z.int(), amount: amount, fees: amount };

/** How a node stands. */
export const nodeAnswer = z.looseObject({ node: z.string(), label: z.string(), state: z.string() });

/** What was paid, and what the books say. */
export const reportAnswer = z.object({
  timeZone: z.string(),
  total: z.object(sum),
  books: z.object({
    paidIn: amount,
    refunded: amount,
    paidOut: amount,
    settled: amount,
    fees: amount,
    feesCharged: amount,
    heldForFees: amount,
    reserved: amount,
    left: amount,
    unmatched: amount,
  }),
  days: z.array(z.object({ day: z.string(), ...sum })),
  payees: z.array(z.object({ payee: z.string(), name: z.string().optional(), ...sum })),
  cards: z.array(z.object({ card: z.string(), label: z.string(), ...sum })),
  nodes: z.array(nodeAnswer),
  moreCards: z.boolean().describe("More cards have paid than are listed: those that paid most are."),
});

/** What people have to look at. */
export const alertsAnswer = z.object({
  healthy: z.boolean(),
  checks: z.record(z.string(), z.string()),
  evidence: z.array(
    z.object({
      card: z.string(),
      at: time.optional(),
      contradiction: z.string(),
      times: digits("how often it was presented"),
      message: z.string().describe("What the card has signed, hex (specs/02)."),
    }),
  ),
  unmatched: z.array(z.object({ paymentHash: z.string(), amount, fee: amount, sentAt: time.optional() })),
});

/** Why something did not go on, in the sentence of the command. */
export const problemAnswer = z.object({ code: z.string(), detail: z.string(), hint: z.string().optional() });

/** Types of the answers above. */
export type CardEntryAnswer = z.output<typeof cardEntry>;
export type CardAnswer = z.output<typeof cardAnswer>;
export type BookedAnswer = z.output<typeof bookedAnswer>;
export type AlertsAnswer = z.output<typeof alertsAnswer>;
