import { setTimeout as sleep } from "node:timers/promises";
import { SENTENCES } from "../../common/languages/spoken.js";
import type { RunningProgram } from "../programs.js";
import type { SeededRandom } from "../random.js";
import type { Grounds } from "./grounds.js";

/** What goes wrong while a card is at a terminal. */
export type Strike =
  | "none"
  /** The issuer's service is killed in mid-sale and started again. */
  | "service"
  /** The terminal is killed in mid-sale; its next start finishes the sale. */
  | "terminal";

/** A card at a terminal: some sales, one after another. */
export interface Visit {
  /** Of the cards, or of the chips. */
  readonly card: number;
  /** By a token of a card (unless told otherwise), a Bolt Card, or a card's second face at a till of Bolt Cards. */
  readonly by?: "token" | "chip" | "face";
  readonly shop: number;
  /** In msat. */
  readonly amounts: readonly number[];
  readonly strike: Strike;
}

/** How the sales of a visit ended, as the terminal's screen told it. */
export interface VisitOutcome {
  /** Sales begun. */
  readonly asked: number;
  readonly paid: number;
  readonly declined: number;
  readonly killed: boolean;
}

/** A sale takes about that long; the kill falls anywhere in it. */
export const MAX_DELAY_MS = 120;
/** A sale that nobody pays is given up after so long, and sooner when the card was refused. */
export const PATIENCE_MS = 60_000;
export const PATIENCE_SAID_MS = 2_000;

/** Runs `terminal serve` with the card on its reader. What an earlier, killed run left is finished first. */
export async function runVisit(grounds: Grounds, visit: Visit, random: SeededRandom): Promise<VisitOutcome> {
  const { by = "token" } = visit;
  const card = by === "chip" ? grounds.chip(visit.card) : grounds.card(visit.card);
  const terminal = grounds.start(
    ...["terminal", "serve", "--node", grounds.shop(visit.shop), "--card", card],
    ...["--no-qr", "--place", `shop ${visit.shop + 1}`],
  );
  await terminal.says("Type an amount");
  const struck = visit.strike === "none" ? -1 : random.below(visit.amounts.length);
  for (const [i, amount] of visit.amounts.entries()) {
    const noted = terminal.errors().length;
    terminal.type(`${amount}msat`);
    await terminal.says("Tap a card or a phone.", i + 1);
    if (i === struck) {
      await sleep(random.below(MAX_DELAY_MS));
      if (visit.strike === "terminal") {
        await terminal.end("SIGKILL");
        return countOutcomes(terminal.output(), true);
      }
      await grounds.strike();
    }
    if (by === "chip" && !(await isOver(terminal, i + 1, noted))) {
      // Nothing more is sent for this sale: it is cancelled, or found paid.
      await terminal.end("SIGINT");
      return countOutcomes(terminal.output(), false);
    }
    await terminal.says("Next amount:", i + 1);
  }
  terminal.type("");
  const code = await terminal.end();
  if (code !== 0) throw new Error(`a terminal ended with ${code}: ${terminal.output()}`);
  return countOutcomes(terminal.output(), false);
}

/**
 * Waits for the end of a sale as long as a customer would.
 * @param noted length of what the terminal had said of cards before
 */
async function isOver(terminal: RunningProgram, sales: number, noted: number): Promise<boolean> {
  const started = Date.now();
  const patience = (said: string): number =>
    said === "" || said.includes(SENTENCES.boltCard.asked) ? PATIENCE_MS : PATIENCE_SAID_MS;
  while (Date.now() < started + patience(terminal.errors().slice(noted))) {
    if ((terminal.output().match(/^Next amount:/gm)?.length ?? 0) >= sales) return true;
    await sleep(20);
  }
  return false;
}

function countOutcomes(screen: string, killed: boolean): VisitOutcome {
  const count = (pattern: RegExp): number => screen.match(pattern)?.length ?? 0;
  return {
    asked: count(/^Tap a card or a phone\./gm),
    paid: count(/^PAID$/gm),
    declined: count(/^Declined\./gm),
    killed,
  };
}
