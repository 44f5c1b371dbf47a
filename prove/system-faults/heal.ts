import { ChequecardError } from "../../common/index.js";
import { listUnmatched, writeOff } from "../../issuer/ledger/index.js";
import { unblockAll } from "./desk.js";
import { refreshCard, runningTerminal, sendLate } from "./people.js";
import type { World } from "./world.js";

const DAY_MS = 24 * 3_600_000;
const MAX_HOURS = 60;

/** Ends every fault, and lets everybody finish what they began. */
export async function heal(world: World): Promise<void> {
  const { faults, merchant, payer, time } = world;
  faults.on = false;
  // Faults in progress end by themselves.
  await time.sleep(300_000);
  for (const node of [merchant, payer]) node.isDown = false;
  for (const clock of world.clocks) clock.offset = 0;
  for (const station of world.stations) {
    if (station.issuer.life.isOver) await world.startIssuer(station);
    await station.issuer.fillDisk(false);
    // From here on its rounds are run by hand: days pass.
    await station.issuer.reconciler.stop();
  }
  await unblockAll(world);
  await finishSales(world);
  await resolveAll(world);
}

/** Every unfinished sale becomes final: paid, or given up by the merchant. */
async function finishSales(world: World): Promise<void> {
  const givenUp = AbortSignal.abort();
  for (const counter of world.counters) {
    counter.reader.remove();
    const process = await runningTerminal(world, counter);
    for (const sale of process.store.unfinished()) await process.terminal.finish(sale, {}, givenUp);
  }
  for (const card of world.cards) card.isBusy = false;
}

/** One round of each service. */
async function runRounds(world: World): Promise<void> {
  for (const { reconciler } of world.issuers) await reconciler.run();
}

/**
 * The reconcilers run, hour after hour, until nothing is reserved: an invoice made while the merchant's clock was a day
 * ahead expires a day later.
 */
async function resolveAll(world: World): Promise<void> {
  for (let hour = 0; hour < MAX_HOURS; hour++) {
    await runRounds(world);
    const reserved = await world.store.read((tx) => tx.selectFrom("leases").select("counter").execute());
    if (reserved.length === 0) return;
    await world.time.sleep(3_600_000);
  }
}

/** Every request that ever left is sent again, long after: nothing may come of it. */
export async function presentEverythingAgain(world: World): Promise<void> {
  for (const payload of [...world.requests.values()]) {
    sendLate(world, payload);
    await world.time.sleep(2_000);
  }
  await world.time.sleep(600_000);
  await resolveAll(world);
}

/**
 * Every card shows its counter, what it authorized without presentation grows old and is released, and the card
 * takes its last update.
 */
export async function giveBack(world: World): Promise<void> {
  const [counter] = world.counters;
  if (!counter) return;
  // Whatever is unmatched now has been refused for good: the issuer bears it, and says so.
  for (const { payment_hash } of await world.store.read((tx) => listUnmatched(tx, { open: true })))
    await writeOff(world.store, payment_hash, "refused before it was found", world.payerClock.read());
  const refreshAll = async () => {
    for (const card of world.cards) {
      await world.time.sleep(30_000);
      await refreshCard(world, counter, card).catch((error: unknown) => {
        // A card that has nothing to show any more, or is blocked, is found out by the books.
        if (!(error instanceof ChequecardError)) throw error;
      });
    }
  };
  await refreshAll();
  // What was found while a clock was a day ahead is seen to be, and is as old as the rest a day later.
  await runRounds(world);
  await world.time.sleep(DAY_MS + 600_000);
  await runRounds(world);
  await refreshAll();
}
