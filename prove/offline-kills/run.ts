import { rmSync } from "node:fs";
import { join } from "node:path";
import { SaleError } from "../../host/index.js";
import { festivalProblems } from "../offline-festival/books.js";
import { factsOf } from "../offline-festival/facts.js";
import { Field } from "../offline-festival/field.js";
import { Carriers, mind, renew, type SeenSale, sell } from "../offline-festival/people.js";
import { VirtualTime } from "../system-faults/virtual-time.js";
import { type Strike, Strikes } from "./strikes.js";

/** What became of one strike. */
export interface Struck {
  /** The statement; undefined: everything was over before so many. */
  readonly statement: string | undefined;
  /** What must not be. */
  readonly problems: readonly string[];
  /** Accepted sales that are paid in the end. */
  readonly paid: number;
}

const DAY = 86_400_000;

/**
 * Three sales are accepted, two of them carried, one forwarded by the terminal itself; a process is killed or a statement fails on
 * the way, and people do again what had failed. In the end everything that was shown as accepted is paid, once.
 */
export async function strikeOnce(strike: Strike, directory: string): Promise<Struck> {
  const time = new VirtualTime();
  const folder = join(directory, `${strike.kind.replace(" ", "-")}-${strike.count}`);
  const field = new Field(1, time, folder);
  const strikes = new Strikes(strike);
  const problems: string[] = [];
  let paid = 0;
  try {
    await time.run(20 * DAY, async () => {
      await field.open();
      const [stall] = field.stalls;
      const [one, two] = field.cards;
      if (!stall || !one || !two) throw new Error("the field is empty");
      await renew(field, stall, await field.packFor(stall));
      stall.line.isCut = true;
      stall.maySignInVain = true;
      const shown: SeenSale[] = [];
      const carriers = new Carriers(field);
      const show = async (card: typeof one) => {
        const sale = await sell(field, stall, card);
        if (sale) shown.push(sale);
      };
      const carry = () => {
        carriers.pickUp(stall);
        const [stick] = carriers.lastSticks();
        if (stick) stall.takeResults(carriers.bring(stick, "Ada"));
      };
      const work: (() => unknown)[] = [
        () => show(one),
        () => show(two),
        carry,
        () => field.shop.forwarder.round(),
        carry,
        () => show(one),
        () => {
          stall.line.isCut = false;
        },
        () => mind(stall),
        carry,
      ];
      for (const step of work)
        await strikes
          .during(async () => step())
          .catch(async (error) => {
            if (!(error instanceof SaleError)) throw error;
            stall.close();
            await stall.start();
            await field.startShop();
            await step();
          });
      for (let round = 0; round < 3; round++) {
        await time.sleep(DAY / 4);
        await field.shop.forwarder.round();
        await field.issuer.reconciler.run();
        await mind(stall);
      }
      carry();
      const accepted = stall.life.store.between(0, Number.MAX_SAFE_INTEGER);
      // Killed after it was durable and before the screen said so: the list of accepted sales shows it after the start.
      const unseen = accepted
        .filter(
          ({ number, acceptedAt }) =>
            acceptedAt !== undefined && !shown.some((seen) => seen.number === number),
        )
        .map(({ number, amount }) => ({ stall, number, card: one.id, amount, from: field.event() }));
      if (unseen.length > 1) problems.push(`${unseen.length} sales are accepted that no screen has shown`);
      const facts = await factsOf(field, [...shown, ...unseen]);
      problems.push(...festivalProblems(facts));
      for (const { number, state } of facts.sales)
        if (state === "paid") paid++;
        else
          problems.push(
            `sale ${number} was accepted and is ${state}, though its card is good and everybody is there`,
          );
    });
  } catch (error) {
    problems.push(error instanceof Error ? `${error.name}: ${error.message}` : "an unknown error");
  } finally {
    await field.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return { statement: strikes.struck, problems, paid };
}
