import { rmSync } from "node:fs";
import { join } from "node:path";
import { checkBooks } from "./books.js";
import { cashier } from "./desk.js";
import { giveBack, heal, presentEverythingAgain } from "./heal.js";
import { mischief } from "./mischief.js";
import { merchant } from "./people.js";
import { VirtualTime } from "./virtual-time.js";
import { type ServerLedger, World } from "./world.js";

/** What one run came to. */
export interface RunResult {
  /** What must not be; empty in every good run. */
  readonly problems: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Sales that each terminal tries. */
const SALES = 12;
/** Who come to the issuer's desk. */
const CUSTOMERS = 12;
/** Most simulated time for the sales, and for everything until the last book is closed. */
const SALES_MS = 3 * 3_600_000;
const RUN_MS = 20 * 24 * 3_600_000;
/** Milliseconds for a database server to answer before simulated time goes on. */
const SERVER_MS = 4;

/**
 * The simulator of the whole system: a festival in which everything goes wrong that can, then is healed, and whose books are then held against each
 * other. On SQLite the same seed gives the same run.
 * @param directory for its files; @param ledger on PostgreSQL; without it on SQLite, with one service
 */
export async function runSimulation(
  seed: number,
  directory: string,
  ledger?: ServerLedger,
): Promise<RunResult> {
  const counts: Record<string, number> = {};
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  const time = new VirtualTime(ledger ? SERVER_MS : 0);
  const folder = join(directory, `run-${seed}`);
  const world = new World(seed, time, folder, ledger, count);
  const problems: string[] = [];
  try {
    await time.run(RUN_MS, async () => {
      await world.open();
      const harm = mischief(world);
      const work = Promise.all([
        ...world.counters.map((counter) => merchant(world, counter, SALES)),
        cashier(world, CUSTOMERS),
      ]);
      await Promise.race([work, harm, time.sleep(SALES_MS)]);
      await heal(world);
      await Promise.all([work, harm]);
      await heal(world);
      const healed = await checkBooks(world, false);
      problems.push(...healed.problems);
      await presentEverythingAgain(world);
      await giveBack(world);
      const last = await checkBooks(world, true);
      problems.push(...last.problems.map((problem) => `at the end: ${problem}`));
      for (const [what, n] of Object.entries(last.counts)) counts[what] = n;
    });
  } catch (error) {
    problems.push(error instanceof Error ? `${error.name}: ${error.message}` : "an unknown error");
  } finally {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
  for (const words of new Set(ledger?.breaches)) problems.push(`on the wire: ${words}`);
  return { problems, counts };
}
