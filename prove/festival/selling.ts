import { chipLabel } from "../../testing/festival/bolt-cards.js";
import { runFaceVisit } from "../../testing/festival/face-visit.js";
import { cardLabel, type Grounds } from "../../testing/festival/grounds.js";
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
  /** Sales that a Bolt Card, or a second face, paid as one saw. */
  paidByChips: number;
  paidByFaces: number;
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
    paidByChips: 0,
    paidByFaces: 0,
    killedAt: new Set(),
  };
  const planned = Math.ceil(plan.taps / plan.tapsPerVisit);
  const strikes = spread(planned, plan, random);
  const all = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  const free = all(plan.cards);
  const freeChips = all(Math.max(0, (plan.chips ?? 0) - 1));
  let next = 0;
  const work = async (shop: number): Promise<void> => {
    // A visit that is cut short by a kill sells less: others make up for it.
    while (next < planned || counts.ended < plan.taps) {
      const by = wayOf(next, freeChips.length);
      const from = by === "chip" ? freeChips : free;
      const [card = 0] = from.splice(random.below(from.length), 1);
      const amounts = Array.from({ length: plan.tapsPerVisit }, () => 1 + random.below(99_999));
      const visit: Visit = { card, by, shop, amounts, strike: strikes[next++] ?? "none" };
      await attend(grounds, visit, random, counts);
      if (counts.topUps < plan.topUps) {
        counts.topUps++;
        await grounds.ask(
          "cards",
          "top-up",
          "--yes",
          "--amount",
          `${TOP_UP}msat`,
          ...(by === "chip" ? [chipLabel(card)] : ["--card", grounds.card(card)]),
        );
      }
      from.push(card);
      tell(`${counts.ended} of ${plan.taps} taps`);
    }
  };
  await Promise.all(Array.from({ length: plan.terminals }, (_, shop) => work(shop)));
  return counts;
}

/** Every fourth visit is a Bolt Card's, and every fourth a second face's. @param chips that are free now */
function wayOf(turn: number, chips: number): NonNullable<Visit["by"]> {
  if (turn % 4 === 1 && chips > 0) return "chip";
  return turn % 4 === 2 ? "face" : "token";
}

async function attend(grounds: Grounds, visit: Visit, random: SeededRandom, counts: Counts) {
  const outcome = await (visit.by === "face" ? runFaceVisit : runVisit)(grounds, visit, random);
  counts.asked += outcome.asked;
  counts.ended += outcome.paid + outcome.declined;
  if (visit.by === "chip") counts.paidByChips += outcome.paid;
  if (visit.by === "face") counts.paidByFaces += outcome.paid;
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
    await grounds.ask(
      "cards",
      "replace",
      "--yes",
      ids.get(cardLabel(lost)) ?? "",
      ids.get(cardLabel(fresh)) ?? "",
    );
    const finder: Visit = { card: lost, shop: i % plan.terminals, amounts: [1000], strike: "none" };
    const refused = await attend(grounds, finder, random, counts);
    if (refused.paid > 0 || refused.declined !== 1) throw new Error("a lost card was not refused");
    const paid = await attend(grounds, { ...finder, card: fresh, amounts: [77_777] }, random, counts);
    if (paid.paid !== 1) throw new Error("a fresh card did not pay");
    if ((plan.chips ?? 0) === 0 || i > 0) continue;
    const byFace = await attend(grounds, { ...finder, by: "face" }, random, counts);
    if (byFace.paid > 0) throw new Error("the second face of a lost card was paid");
  }
  return plan.lostCards;
}

/**
 * The first Bolt Card is lost and replaced, the second one blocked, and money moved back from a second face.
 * What is blocked pays nothing; what took its place pays.
 */
export async function loseChips(
  grounds: Grounds,
  { chips = 0 }: FestivalPlan,
  random: SeededRandom,
  counts: Counts,
): Promise<void> {
  if (chips === 0) return;
  const [lost, fresh] = [0, chips - 1];
  const tap = (card: number, amount: number, by: "chip" | "face" = "chip") =>
    attend(grounds, { card, by, shop: 0, amounts: [amount], strike: "none" }, random, counts);
  const expect = async (what: string, paid: number, tapped: ReturnType<typeof tap>): Promise<void> => {
    if ((await tapped).paid !== paid) throw new Error(`${what}: expected ${paid} to be paid`);
  };
  await grounds.ask("cards", "replace", "--yes", chipLabel(lost), chipLabel(fresh));
  await expect("a lost Bolt Card", 0, tap(lost, 1000));
  await expect("its replacement", 1, tap(fresh, 66_666));
  await grounds.ask("cards", "block", chipLabel(1));
  await expect("a blocked Bolt Card", 0, tap(1, 1000));
  await grounds.ask("cards", "move", cardLabel(0), "1sat", "--yes", "--back");
  await expect("a second face", 1, tap(0, 44_444, "face"));
}

/** A card that may pay little at once is refused a large amount, gets it back in the same tap, and pays a small one. */
export async function refuseByPolicy(grounds: Grounds, random: SeededRandom, counts: Counts): Promise<void> {
  await grounds.ask("cards", "limits", cardLabel(0), "--policy", "small");
  const visit: Visit = { card: 0, shop: 0, amounts: [50_001, 50_000], strike: "none" };
  const { paid, declined } = await attend(grounds, visit, random, counts);
  if (paid !== 1 || declined !== 1) throw new Error("the policy was not kept to");
}
