import type { Grounds } from "../../testing/festival/grounds.js";
import type { FestivalPlan } from "../../testing/festival/plan.js";
import { runVisit, type Strike, type Visit } from "../../testing/festival/visit.js";
import type { SeededRandom } from "../../testing/random.js";

/** What the profile of `issuer init` puts on a card, in msat. */
export const CREDIT = 20_000_000n;
/** In msat. */
export const TOP_UP = 1_234_000n;

/** What went on at the terminals, as those who stood there saw it. */
export interface Counts {
  /** Sales begun. */
  asked: number;
  /** Of these, those whose end was on a terminal's screen. */
  ended: number;
  serviceKills: number;
  terminalKills: number;
  topUps: number;
  /** Shops whose terminal may have left a sale that its next start finishes. */
  readonly killedAt: Set<number>;
}

/** All terminals at once, until enough was sold; a card is at one of them at a time. */
export async function sell(
  grounds: Grounds,
  plan: FestivalPlan,
  random: SeededRandom,
  tell: (text: string) => void,
): Promise<Counts> {
  const counts: Counts = {
    asked: 0,
    ended: 0,
    serviceKills: 0,
    terminalKills: 0,
    topUps: 0,
    killedAt: new Set(),
  };
  const planned = Math.ceil(plan.taps / plan.tapsPerVisit);
  const strikes = spread(planned, plan, random);
  const free = Array.from({ length: plan.cards }, (_, index) => index);
  let next = 0;
  const work = async (shop: number): Promise<void> => {
    // A visit that is cut short by a kill sells less: others make up for it.
    while (next < planned || counts.ended < plan.taps) {
      const [card = 0] = free.splice(random.below(free.length), 1);
      const amounts = Array.from({ length: plan.tapsPerVisit }, () => 1 + random.below(99_999));
      const visit: Visit = { card, shop, amounts, strike: strikes[next++] ?? "none" };
      await attend(grounds, visit, random, counts);
      if (counts.topUps < plan.topUps) {
        counts.topUps++;
        await grounds.ask(
          "cards",
          "top-up",
          "--yes",
          "--amount",
          `${TOP_UP}msat`,
          "--card",
          grounds.card(card),
        );
      }
      free.push(card);
      tell(`${counts.ended} of ${plan.taps} taps`);
    }
  };
  await Promise.all(Array.from({ length: plan.terminals }, (_, shop) => work(shop)));
  return counts;
}

async function attend(grounds: Grounds, visit: Visit, random: SeededRandom, counts: Counts) {
  const outcome = await runVisit(grounds, visit, random);
  counts.asked += outcome.asked;
  counts.ended += outcome.paid + outcome.declined;
  if (visit.strike === "service") counts.serviceKills++;
  if (outcome.killed) {
    counts.terminalKills++;
    counts.killedAt.add(visit.shop);
  }
  return outcome;
}

/** Which visit is struck by what: spread evenly over all. */
function spread(
  visits: number,
  { serviceKills, terminalKills }: FestivalPlan,
  random: SeededRandom,
): Strike[] {
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

const label = (index: number): string => String(index + 1).padStart(4, "0");

/**
 * The last cards are lost and replaced by the fresh ones; a finder of a lost one cannot pay with it.
 * @returns how many were replaced
 */
export async function loseCards(
  grounds: Grounds,
  plan: FestivalPlan,
  random: SeededRandom,
  counts: Counts,
): Promise<number> {
  const { cards } = (await grounds.ask("cards", "list", "--limit", "9999")) as unknown as {
    cards: readonly { card: string; label: string }[];
  };
  const ids = new Map(cards.map(({ card, label: name }) => [name, card]));
  for (let i = 0; i < plan.lostCards; i++) {
    const [lost, fresh] = [plan.cards - 1 - i, plan.cards + i];
    await grounds.ask("cards", "replace", "--yes", ids.get(label(lost)) ?? "", ids.get(label(fresh)) ?? "");
    const finder: Visit = { card: lost, shop: i % plan.terminals, amounts: [1000], strike: "none" };
    const refused = await attend(grounds, finder, random, counts);
    if (refused.paid > 0 || refused.declined !== 1) throw new Error("a lost card was not refused");
    const paid = await attend(grounds, { ...finder, card: fresh, amounts: [77_777] }, random, counts);
    if (paid.paid !== 1) throw new Error("a fresh card did not pay");
  }
  return plan.lostCards;
}

/** A card that may pay little at once is refused a large amount, gets it back in the same tap, and pays a small one. */
export async function refuseByPolicy(grounds: Grounds, random: SeededRandom, counts: Counts): Promise<void> {
  await grounds.ask("cards", "limits", label(0), "--policy", "small");
  const visit: Visit = { card: 0, shop: 0, amounts: [50_001, 50_000], strike: "none" };
  const { paid, declined } = await attend(grounds, visit, random, counts);
  if (paid !== 1 || declined !== 1) throw new Error("the policy was not kept to");
}
