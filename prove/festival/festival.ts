import { SeededRandom } from "../random.js";
import { checkBooks, daysSince, report, takingsOf } from "./books.js";
import { Grounds } from "./grounds.js";
import { runVisit, type Strike, type Visit } from "./visit.js";

/** How large a festival is, and how much goes wrong. */
export interface FestivalPlan {
  /** The command line as a JavaScript file. */
  readonly program: string;
  /** An empty folder. */
  readonly folder: string;
  /** In people's hands; there is a fresh one more for each that gets lost. */
  readonly cards: number;
  readonly terminals: number;
  /** A visit is a card at a terminal. */
  readonly visits: number;
  readonly tapsPerVisit: number;
  /** Kills of the service, and of terminals, all in mid-sale. */
  readonly serviceKills: number;
  readonly terminalKills: number;
  readonly lostCards: number;
  readonly topUps: number;
  /** Everything random follows from it, but when a kill strikes. */
  readonly seed: number;
  readonly tell?: (text: string) => void;
}

/** What happened. */
export interface FestivalResult {
  readonly taps: number;
  readonly paid: number;
  readonly declined: number;
  readonly serviceKills: number;
  readonly terminalKills: number;
  /** msat */
  readonly settled: bigint;
  readonly paidOut: bigint;
  /** What does not fit; empty when everything is right to the msat. */
  readonly problems: readonly string[];
}

/** What the profile of `issuer init` puts on a card, in msat. */
const CREDIT = 20_000_000n;
const TOP_UP = 1_234_567n;

/**
 * A festival from the command line alone: an issuer with an embedded node, cards, terminals that sell at once, the
 * service and terminals killed in mid-sale, cards lost and replaced, topped up and refused, the event closed. Then
 * every book is held against every other.
 */
export async function runFestival(plan: FestivalPlan): Promise<FestivalResult> {
  const random = new SeededRandom(plan.seed);
  const grounds = new Grounds(plan.program, plan.folder);
  const tell = plan.tell ?? (() => {});
  const started = new Date();
  try {
    const allCards = plan.cards + plan.lostCards;
    await grounds.prepare(allCards, plan.terminals);
    tell(`${allCards} cards, ${plan.terminals} terminals, the service runs`);
    const counts = await sell(grounds, plan, random, tell);
    await loseCards(grounds, plan, random, counts);
    await refuseByPolicy(grounds, random, counts);
    for (const shop of counts.killedAt)
      await runVisit(grounds, { card: 0, shop, amounts: [], strike: "none" }, random);
    await untilResolved(grounds);
    tell("everything is resolved; closing the event");
    await grounds.run(["issuer", "close-event", grounds.issuer, "--cash-out-all", "--yes"]);
    const days = daysSince(started);
    const shops = [];
    for (let shop = 0; shop < plan.terminals; shop++) shops.push(await takingsOf(grounds, shop, days));
    const paidIn = BigInt(allCards) * CREDIT + BigInt(plan.topUps) * TOP_UP;
    const problems = await checkBooks(grounds, shops, paidIn);
    const health = await fetch(`${grounds.monitor()}/health`);
    if (health.status !== 200) problems.push(`the service is not healthy: ${await health.text()}`);
    const proof = (await grounds.ask("ledger", "verify")) as unknown as { violations: readonly object[] };
    if (proof.violations.length > 0) problems.push("the ledger does not hold");
    const code = await grounds.close();
    if (code !== 0) problems.push(`the service ended with ${code}`);
    const { books } = await report(grounds);
    const { taps, declined, serviceKills, terminalKills } = counts;
    return {
      ...{ taps, declined, serviceKills, terminalKills },
      paid: shops.reduce((sum, shop) => sum + shop.paid, 0),
      settled: BigInt(books.settled),
      paidOut: BigInt(books.paidOut),
      problems,
    };
  } catch (error) {
    await grounds.abandon();
    throw error;
  }
}

interface Counts {
  taps: number;
  declined: number;
  serviceKills: number;
  terminalKills: number;
  /** Shops whose terminal may have left a sale that its next start finishes. */
  readonly killedAt: Set<number>;
}

/** All terminals at once; a card is at one of them at a time. */
async function sell(
  grounds: Grounds,
  plan: FestivalPlan,
  random: SeededRandom,
  tell: (text: string) => void,
): Promise<Counts> {
  const counts: Counts = { taps: 0, declined: 0, serviceKills: 0, terminalKills: 0, killedAt: new Set() };
  const strikes = spread(plan, random);
  const free = Array.from({ length: plan.cards }, (_, index) => index);
  let next = 0;
  let toppedUp = 0;
  const work = async (shop: number): Promise<void> => {
    while (next < plan.visits) {
      const number = next++;
      const [card = 0] = free.splice(random.below(free.length), 1);
      const amounts = Array.from({ length: plan.tapsPerVisit }, () => 1 + random.below(99_999));
      const visit: Visit = { card, shop, amounts, strike: strikes[number] ?? "none" };
      const outcome = await runVisit(grounds, visit, random);
      counts.taps += outcome.paid + outcome.declined + (outcome.killed ? 1 : 0);
      counts.declined += outcome.declined;
      if (visit.strike === "service") counts.serviceKills++;
      if (outcome.killed) {
        counts.terminalKills++;
        counts.killedAt.add(shop);
      }
      if (toppedUp < plan.topUps) {
        toppedUp++;
        await grounds.ask("cards", "top-up", "--amount", `${TOP_UP}msat`, "--card", grounds.card(card));
      }
      free.push(card);
      tell(`visit ${number + 1} of ${plan.visits}: ${counts.taps} taps`);
    }
  };
  await Promise.all(Array.from({ length: plan.terminals }, (_, shop) => work(shop)));
  return counts;
}

/** Which visit is struck by what: spread evenly over all. */
function spread({ visits, serviceKills, terminalKills }: FestivalPlan, random: SeededRandom): Strike[] {
  const strikes: Strike[] = Array.from({ length: visits }, () => "none");
  const place = (count: number, strike: Strike): void => {
    for (let i = 0; i < count; i++) {
      let at = Math.floor(((i + 0.5) * visits) / count);
      while (strikes[at % visits] !== "none") at += 1 + random.below(visits);
      strikes[at % visits] = strike;
    }
  };
  place(Math.min(serviceKills, Math.floor(visits / 2)), "service");
  place(Math.min(terminalKills, Math.floor(visits / 2)), "terminal");
  return strikes;
}

const cardIds = async (grounds: Grounds): Promise<Map<string, string>> => {
  const { cards } = (await grounds.ask("cards", "list", "--limit", "9999")) as unknown as {
    cards: readonly { card: string; label: string }[];
  };
  return new Map(cards.map(({ card, label }) => [label, card]));
};

const label = (index: number): string => String(index + 1).padStart(4, "0");

/** The last cards are lost and replaced by the fresh ones; whoever finds a lost one cannot pay with it. */
async function loseCards(
  grounds: Grounds,
  plan: FestivalPlan,
  random: SeededRandom,
  counts: Counts,
): Promise<void> {
  const ids = await cardIds(grounds);
  for (let i = 0; i < plan.lostCards; i++) {
    const [lost, fresh] = [plan.cards - 1 - i, plan.cards + i];
    await grounds.ask("cards", "replace", ids.get(label(lost)) ?? "", ids.get(label(fresh)) ?? "");
    const finder: Visit = { card: lost, shop: i % plan.terminals, amounts: [1000], strike: "none" };
    const refused = await runVisit(grounds, finder, random);
    if (refused.paid > 0 || refused.declined !== 1) throw new Error("a lost card was not refused");
    const owner: Visit = { ...finder, card: fresh, amounts: [77_777] };
    const paid = await runVisit(grounds, owner, random);
    if (paid.paid !== 1) throw new Error("a fresh card did not pay");
    counts.taps += 2;
    counts.declined++;
  }
}

/** A card that may pay little at once is refused a large amount, gets it back in the same tap, and pays a small one. */
async function refuseByPolicy(grounds: Grounds, random: SeededRandom, counts: Counts): Promise<void> {
  await grounds.ask("cards", "limits", label(0), "--policy", "small");
  const visit: Visit = { card: 0, shop: 0, amounts: [50_001, 50_000], strike: "none" };
  const { paid, declined } = await runVisit(grounds, visit, random);
  if (paid !== 1 || declined !== 1) throw new Error("the policy was not kept to");
  counts.taps += 2;
  counts.declined++;
}

/** Waits until nothing is reserved: the service resolves what kills left open. */
async function untilResolved(grounds: Grounds): Promise<void> {
  const deadline = Date.now() + 180_000;
  for (;;) {
    const { books } = await report(grounds);
    if (books.reserved === "0") return;
    if (Date.now() > deadline) throw new Error(`still ${books.reserved} msat under way`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
