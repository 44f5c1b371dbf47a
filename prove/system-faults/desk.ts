import { msat, sat } from "../../common/index.js";
import { cashOutCard, fundCard, LedgerError, unblockCard } from "../../issuer/ledger/index.js";
import type { FieldCard } from "./cards.js";
import { expected, refreshCard } from "./people.js";
import type { World } from "./world.js";

/** The issuer's people: now and then money is paid in, or a card is paid out and handed to the next guest. */
export async function cashier(world: World, customers: number): Promise<void> {
  const { random, time } = world;
  for (let i = 0; i < customers; i++) {
    await time.sleep(random.below(100_000));
    if (world.issuer.life.isOver) continue;
    const card = random.pick(world.cards);
    if (!random.oneIn(3)) await payIn(world, card, 9_000);
    else if (await payOut(world, card)) await nextGuest(world, card);
  }
}

/** What the ledger answered; undefined when it was lost: it may have happened or not. */
const answer = <T>({ issuer }: World, order: Promise<T>): Promise<T | undefined> =>
  Promise.race([order.catch(expected), issuer.life.ended.then(() => undefined)]);

async function payIn(world: World, { cardId }: FieldCard, most: number): Promise<void> {
  const { issuer, topUps, random, payerClock } = world;
  const amount = msat(sat(BigInt(1 + random.below(most))));
  topUps.atMost += amount;
  const order = fundCard(issuer.store, cardId, amount, "cash", payerClock.read()).then(() => true);
  if (await answer(world, order)) topUps.sure += amount;
}

/** All that a card has left is handed out. @returns whether it was, for certain */
async function payOut(world: World, { cardId }: FieldCard): Promise<boolean> {
  const { issuer, payOuts, payerClock } = world;
  const order = cashOutCard(issuer.store, cardId, "", payerClock.read()).catch((error: unknown) => {
    if (error instanceof LedgerError && error.code === "not-enough") return 0n;
    throw error;
  });
  const amount = await answer(world, order);
  if (amount !== 0n) payOuts.push(amount);
  return amount !== undefined && amount > 0n;
}

/** The next guest has little money; the card keeps the credit of the last one, and may not even get an update. */
async function nextGuest(world: World, card: FieldCard): Promise<void> {
  const { random, time } = world;
  await time.sleep(random.below(60_000));
  if (world.issuer.life.isOver) return;
  await payIn(world, card, 3_000);
  await answer(world, unblockCard(world.issuer.store, card.cardId, world.payerClock.read()));
  const counter = world.counters.find(({ reader }) => reader.isFree);
  if (!counter || card.isBusy || random.oneIn(2)) return;
  await refreshCard(world, counter, card).catch(expected);
}

/** Cards that are still blocked are put into use again; those that are called clones are not. */
export async function unblockAll(world: World): Promise<void> {
  const cloned = await world.store.read((tx) => tx.selectFrom("evidence").select("card").execute());
  if (cloned.length > 0) return;
  for (const { cardId } of world.cards) await unblockCard(world.store, cardId, world.payerClock.read());
}
