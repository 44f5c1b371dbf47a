import { z } from "zod";
import { amount } from "../../cli/node/operation.js";
import { cardEntry, digits, problemAnswer } from "./schemas.js";

/** What lies on the desk's reader. */
export const lyingAnswer = z.object({
  state: z
    .enum(["no-station", "no-reader", "empty", "reading", "card", "blank", "unknown", "job"])
    .describe(
      "no-station: the service has no reader; unknown: no card of this issuer; job: a long job has it",
    ),
  reader: z.string().optional(),
  problem: problemAnswer.optional().describe("Why the card could not be read, or did not get its update."),
  card: cardEntry.optional().describe("As the ledger has it."),
  onCard: z
    .object({
      available: amount.describe("in millisatoshi: what the card itself shows"),
      payments: digits("that it has authorized"),
      blocked: z.boolean(),
      pinTriesUsedUp: z.boolean(),
    })
    .optional()
    .describe("What the card says of itself."),
  update: z
    .enum(["none", "given", "waiting"])
    .optional()
    .describe("given: it got one just now; waiting: it has one to get, and `problem` says why it did not"),
  simulated: z
    .object({ cards: z.array(z.string()), lying: z.string().optional() })
    .optional()
    .describe("Files of simulated cards, in the place of people who lay theirs down."),
});

export type LyingAnswer = z.output<typeof lyingAnswer>;
