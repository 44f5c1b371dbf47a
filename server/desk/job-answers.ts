import { z } from "zod";
import { amount } from "../../cli/node/operation.js";
import { problemAnswer, time } from "./schemas.js";

/** A long job as it stands. */
export const job = z.object({
  id: z.string(),
  kind: z.enum(["personalize", "new-pin", "block-all", "pay-out-all", "verify", "reconcile"]),
  name: z.string().describe("Of the batch, or the card."),
  by: z.string().describe("Who began it."),
  begunAt: time,
  endedAt: time.optional(),
  state: z
    .enum(["running", "stopping", "done", "stopped", "failed"])
    .describe("stopped: before its end; beginning it again goes on"),
  done: z.int(),
  total: z.int(),
  readers: z.array(
    z.object({
      reader: z.string(),
      doing: z.string().describe("waiting, a step of personalization, card, refused, torn or reader-gone"),
      card: z.string().optional().describe("The number of the card that is done."),
      problem: problemAnswer.optional(),
    }),
  ),
  problem: problemAnswer.optional(),
  result: z.record(z.string(), z.unknown()).optional(),
});

export const jobOrNone = z.object({ job: job.optional().describe("The one that runs, or the last one.") });

/** A batch of cards. */
export const batch = z.object({
  name: z.string(),
  profile: z.string(),
  total: z.int(),
  done: z.int(),
  halfDone: z.int().describe("Begun and not done: their chips have to be laid on a reader again."),
  letters: z.string().optional().describe("The command that prints its PIN letters, where it has some."),
  problem: problemAnswer.optional(),
});

/** Profiles of the issuer's folder. */
export const profilesAnswer = z.object({
  profiles: z.array(
    z.object({
      file: z.string(),
      name: z.string().optional(),
      withPin: z.boolean(),
      sentences: z.array(z.string()),
      usable: z.boolean(),
    }),
  ),
  letters: z.boolean().describe("Whether the service writes PIN letters."),
});

/** How far an event is closed. */
export const closingAnswer = z.object({
  active: z.union([z.bigint(), z.string()]).describe("Cards that may still pay."),
  due: z.object({ cards: z.int(), amount }),
  inFlight: amount,
  paidOut: z.object({ cards: z.int(), amount }).optional().describe("Of the closing that was begun."),
});

export type JobAnswer = z.output<typeof job>;
export type BatchAnswer = z.output<typeof batch>;
export type ProfilesAnswer = z.output<typeof profilesAnswer>;
export type ClosingAnswer = z.output<typeof closingAnswer>;
