import { setTimeout as sleep } from "node:timers/promises";
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
  readonly card: number;
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
const MAX_DELAY_MS = 120;

/** Runs `terminal serve` with the card on its reader. What an earlier, killed run left is finished first. */
export async function runVisit(grounds: Grounds, visit: Visit, random: SeededRandom): Promise<VisitOutcome> {
  const terminal = grounds.start(
    ...["terminal", "serve", "--node", grounds.shop(visit.shop), "--card", grounds.card(visit.card)],
    ...["--no-qr", "--place", `shop ${visit.shop + 1}`],
  );
  await terminal.says("Type an amount");
  const struck = visit.strike === "none" ? -1 : random.below(visit.amounts.length);
  for (const [i, amount] of visit.amounts.entries()) {
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
    await terminal.says("Next amount:", i + 1);
  }
  terminal.type("");
  const code = await terminal.end();
  if (code !== 0) throw new Error(`a terminal ended with ${code}: ${terminal.output()}`);
  return countOutcomes(terminal.output(), false);
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
