import { setTimeout as sleep } from "node:timers/promises";
import { shopReport } from "../../testing/festival/books.js";
import type { Grounds } from "../../testing/festival/grounds.js";
import type { FestivalPlan } from "../../testing/festival/plan.js";
import type { SeededRandom } from "../../testing/random.js";

/** A refund takes about that long; the kill falls anywhere in it, in milliseconds. */
const MAX_DELAY_MS = 1_500;
/** Longest wait for a refund that a kill has left behind, in milliseconds. */
const PATIENCE_MS = 120_000;

interface PaidSale {
  readonly shop: number;
  readonly number: number;
  /** In msat. */
  readonly amount: number;
}

/**
 * Refunds sales of each shop to the cards that paid, the whole amount and a part of it by turns; two of three while the service or
 * the refunding command itself is killed, which is run again then.
 * @param days on which was sold
 * @returns msat that the shops refunded
 */
export async function refundSales(
  grounds: Grounds,
  { refunds = 0, terminals }: FestivalPlan,
  days: readonly string[],
  random: SeededRandom,
): Promise<bigint> {
  const open: PaidSale[] = [];
  for (let shop = 0; shop < terminals; shop++) open.push(...(await paidSales(grounds, shop, days)));
  let refunded = 0n;
  for (let done = 0; done < refunds; ) {
    if (open.length === 0) throw new Error(`${done} sales could be refunded: need ${refunds}`);
    const ofShop = open.filter(({ shop }) => shop === done % terminals);
    const sale = random.pick(ofShop.length > 0 ? ofShop : open);
    open.splice(open.indexOf(sale), 1);
    const part = done % 2 === 1 ? 1 + random.below(sale.amount) : sale.amount;
    const strike = (["none", "service", "command"] as const)[done % 3] ?? "none";
    if (!(await refund(grounds, sale, part, strike, random))) continue;
    refunded += BigInt(part);
    done++;
  }
  return refunded;
}

async function paidSales(grounds: Grounds, shop: number, days: readonly string[]): Promise<PaidSale[]> {
  const found: PaidSale[] = [];
  for (const day of days)
    for (const { state, number, amount } of (await shopReport(grounds, shop, day)).sales)
      if (state === "paid") found.push({ shop, number, amount: Number.parseInt(amount, 10) });
  return found;
}

/** @returns false for a sale that a Bolt Card paid: it names no node, and nothing is refunded to it */
async function refund(
  grounds: Grounds,
  { shop, number, amount }: PaidSale,
  part: number,
  strike: "none" | "service" | "command",
  random: SeededRandom,
): Promise<boolean> {
  const wanted = part === amount ? [] : ["--amount", `${part}msat`];
  const command = ["terminal", "refund", String(number), "--node", grounds.shop(shop), ...wanted];
  if (strike !== "none") {
    const refunding = grounds.start("--json", ...command);
    await sleep(random.below(MAX_DELAY_MS));
    if (strike === "service") await grounds.strike();
    await refunding.end(strike === "command" ? "SIGKILL" : undefined);
  }
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(250)) {
    const { code, out, errors } = await grounds.tries(command);
    if (code === 0) return true;
    if (out.includes('"bad-refund"') && out.includes("no card paid it")) return false;
    if (Date.now() > deadline) throw new Error(`sale ${number} is not refunded: ${out}${errors}`);
  }
}
