import { rmSync } from "node:fs";
import { join } from "node:path";
import { VirtualTime } from "../system-faults/virtual-time.js";
import { type FestivalFacts, festivalProblems } from "./books.js";
import { factsOf } from "./facts.js";
import { Field } from "./field.js";
import { Carriers, carrier, desk, merchant, mind, renew, type SeenSale, shopkeeper } from "./people.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Most simulated time. */
const RUN_MS = 60 * DAY;
const SALES = 14;
const WALKS = 26;
const VISITS = 16;
const ROUNDS = 24;
/** Rounds in which everything that can still end ends. */
const LAST_ROUNDS = 12;

/** What one run came to. */
export interface OfflineRun {
  /** What must not be; empty in every good run. */
  readonly problems: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  /** Undefined when the run did not come to its end. */
  readonly facts: FestivalFacts | undefined;
}

/** A festival in which nobody can rely on a connection; then all books are held against each other. @param directory for its files */
export async function runOfflineFestival(seed: number, directory: string): Promise<OfflineRun> {
  const time = new VirtualTime();
  const folder = join(directory, `offline-${seed}`);
  const field = new Field(seed, time, folder);
  const seen: SeenSale[] = [];
  let facts: FestivalFacts | undefined;
  const problems: string[] = [];
  try {
    facts = await time.run(RUN_MS, async () => {
      await field.open();
      for (const stall of field.stalls) await renew(field, stall, await field.packFor(stall));
      const carriers = new Carriers(field);
      await Promise.all([
        ...field.stalls.map((stall) => merchant(field, stall, SALES, seen)),
        carrier(field, carriers, "Ada", WALKS),
        carrier(field, carriers, "Ben", WALKS),
        shopkeeper(field, ROUNDS),
        desk(field, VISITS),
      ]);
      await settle(field, carriers);
      return await factsOf(field, seen);
    });
    problems.push(...festivalProblems(facts));
    for (const { state, reason } of facts.sales)
      if (state === "paid") field.count("accepted sales paid");
      else field.count(`accepted sales ${state === "refused" ? "refused" : "open"}: ${reason}`);
    field.count("payments guaranteed", facts.ledger.lent.size);
  } catch (error) {
    problems.push(error instanceof Error ? `${error.name}: ${error.message}` : "an unknown error");
  } finally {
    await field.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return { problems, counts: field.counts, facts };
}

/** Everything is there again: what is held is forwarded both ways, every stick is brought again. */
async function settle(field: Field, carriers: Carriers): Promise<void> {
  const isLong = field.random.oneIn(2);
  for (const stall of field.stalls) carriers.pickUp(stall);
  for (let i = 0; i < LAST_ROUNDS; i++) {
    for (const stall of field.stalls) stall.line.isCut = false;
    if (i === 0) for (const stick of carriers.sticks) carriers.bring(stick, "Ben");
    await field.shop.forwarder.round();
    await field.issuer.reconciler.run();
    for (const stall of field.stalls) await mind(stall);
    await field.time.sleep(isLong ? DAY : HOUR);
  }
  for (const stick of carriers.lastSticks()) stick.stall.takeResults(carriers.bring(stick, "Ada"));
}
