import { setTimeout as sleep } from "node:timers/promises";
import { addChips, CHIP_SAT, fillFaces } from "../../testing/festival/bolt-cards.js";
import { checkBooks, daysSince, report, type Takings, takingsOf } from "../../testing/festival/books.js";
import { Grounds } from "../../testing/festival/grounds.js";
import type { FestivalPlan, FestivalResult } from "../../testing/festival/plan.js";
import { runVisit } from "../../testing/festival/visit.js";
import { SeededRandom } from "../../testing/random.js";
import { refundSales } from "./refunding.js";
import { type Counts, CREDIT, loseCards, loseChips, refuseByPolicy, sell, TOP_UP } from "./selling.js";

/** What is paid in for each Bolt Card, in msat. */
const CHIP_CREDIT = BigInt(CHIP_SAT) * 1000n;

/**
 * A festival from the command line alone: an issuer with an embedded node, cards with a second face, Bolt Cards, terminals that sell at once, the
 * service and terminals killed in mid-sale, cards lost and replaced, topped up, refunded and refused, the event closed by a
 * command that is killed and run again. Then every book is held against every other.
 */
export async function runFestival(plan: FestivalPlan): Promise<FestivalResult> {
  const random = new SeededRandom(plan.seed);
  const grounds = new Grounds(plan);
  const tell = plan.tell ?? (() => {});
  const started = new Date();
  try {
    const allCards = plan.cards + plan.lostCards;
    await grounds.prepare(allCards, plan.terminals);
    if (plan.chips) {
      await addChips(grounds, plan.chips);
      await fillFaces(grounds, allCards);
    }
    tell(`${allCards} cards, ${plan.terminals} terminals, the service runs`);
    const counts = await sell(grounds, plan, random, tell);
    const replacedCards = await loseCards(grounds, plan, random, counts);
    await loseChips(grounds, plan, random, counts);
    await refuseByPolicy(grounds, random, counts);
    for (const shop of counts.killedAt)
      await runVisit(grounds, { card: 0, shop, amounts: [], strike: "none" }, random);
    const days = daysSince(started);
    const refunded = await refundSales(grounds, plan, days, random);
    await untilResolved(grounds, refunded);
    tell("everything is resolved; closing the event");
    const closingKills = await closeEvent(grounds, plan.closingKills, random);
    const paidIn =
      BigInt(allCards) * CREDIT + BigInt(counts.topUps) * TOP_UP + BigInt(plan.chips ?? 0) * CHIP_CREDIT;
    const found = await settleAccounts(grounds, plan, counts, paidIn, daysSince(started));
    return {
      cards: plan.cards,
      terminals: plan.terminals,
      asked: counts.asked,
      serviceKills: counts.serviceKills,
      terminalKills: counts.terminalKills,
      closingKills,
      replacedCards,
      topUps: counts.topUps,
      refunds: plan.refunds ?? 0,
      refunded,
      paidByChips: counts.paidByChips,
      paidByFaces: counts.paidByFaces,
      paidIn,
      ...found,
      seconds: (Date.now() - started.getTime()) / 1000,
    };
  } catch (error) {
    await grounds.abandon();
    throw error;
  }
}

/** Waits until nothing is reserved and all refunds are credited: the service resolves what kills left open. */
async function untilResolved(grounds: Grounds, refunded: bigint): Promise<void> {
  const deadline = Date.now() + 180_000;
  for (;;) {
    const { books } = await report(grounds);
    if (books.reserved === "0" && BigInt(books.refunded) >= refunded) return;
    if (Date.now() > deadline)
      throw new Error(
        `still ${books.reserved} msat in flight, ${books.refunded} of ${refunded} msat of refunds credited`,
      );
    await sleep(250);
  }
}

/** Longest wait, in milliseconds, before a kill of a command that has just been started. */
const CLOSING_MS = 2_500;

/** Blocks and pays out every card; killed at any moment, and simply run again. @returns how often it was killed */
async function closeEvent(grounds: Grounds, kills: number, random: SeededRandom): Promise<number> {
  const command = ["issuer", "close-event", grounds.issuer, "--cash-out-all", "--yes"];
  let killed = 0;
  for (let i = 0; i < kills; i++) {
    const closing = grounds.start(...command);
    await sleep(random.below(CLOSING_MS));
    if ((await closing.end("SIGKILL")) === null) killed++;
  }
  await grounds.run(command);
  return killed;
}

type Settled = Pick<
  FestivalResult,
  "completed" | "paid" | "declined" | "givenUp" | "settled" | "paidOut" | "problems"
>;

/** Holds all books against each other while the service runs, and stops it. */
async function settleAccounts(
  grounds: Grounds,
  plan: FestivalPlan,
  counts: Counts,
  paidIn: bigint,
  days: readonly string[],
): Promise<Settled> {
  const shops: Takings[] = [];
  for (let shop = 0; shop < plan.terminals; shop++) shops.push(await takingsOf(grounds, shop, days));
  const problems = await checkBooks(grounds, shops, paidIn);
  const health = await fetch(`${grounds.monitor()}/health`);
  if (health.status !== 200) problems.push(`the service is not healthy: ${await health.text()}`);
  const proof = (await grounds.ask("ledger", "verify")) as unknown as { violations: readonly object[] };
  if (proof.violations.length > 0) problems.push("the ledger does not hold");
  const code = await grounds.close();
  if (code !== 0) problems.push(`the service ended with ${code}`);
  const { books } = await report(grounds);
  const sum = (count: (shop: Takings) => number) => shops.reduce((total, shop) => total + count(shop), 0);
  const paid = sum((shop) => shop.paid);
  const givenUp = sum((shop) => shop.givenUp);
  const declined: Record<string, number> = {};
  for (const shop of shops)
    for (const [reason, times] of Object.entries(shop.declined))
      declined[reason] = (declined[reason] ?? 0) + times;
  const completed = paid + Object.values(declined).reduce((total, times) => total + times, 0);
  if (completed + givenUp !== counts.asked)
    problems.push(`${counts.asked} sales begun, ${completed} completed and ${givenUp} given up`);
  if (completed < plan.taps) problems.push(`${completed} taps, expected at least ${plan.taps}`);
  return {
    ...{ completed, paid, declined, givenUp, problems },
    settled: BigInt(books.settled),
    paidOut: BigInt(books.paidOut),
  };
}
