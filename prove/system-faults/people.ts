import { bytesToHex, ChequecardError, sat, utf8 } from "../../common/index.js";
import { type Sale, type SaleDisplay, takeToken, withCard } from "../../host/index.js";
import { encodeInitiatePayment, PEER_MESSAGE, statusChallenge } from "../../lightning/api/index.js";
import { invoiceHash } from "../../lightning/bolt11/index.js";
import { PIN } from "../../testing/cards/test-card.js";
import type { FieldCard } from "./cards.js";
import { Killed } from "./process-life.js";
import type { TerminalProcess } from "./terminal-process.js";
import type { Counter, World } from "./world.js";

/** Errors that faults bring about; anything else is a bug. @throws `error` */
export function expected(error: unknown): undefined {
  if (error instanceof ChequecardError || error instanceof Killed) return undefined;
  throw error;
}

const price = (world: World) => sat(BigInt(1 + world.random.below(7_000)));

/** A merchant: sells, gives up at times, and after a crash goes on with what is unfinished. */
export async function merchant(world: World, counter: Counter, sales: number): Promise<void> {
  const { random, time } = world;
  for (let i = 0; i < sales; i++) {
    await time.sleep(random.below(20_000));
    const process = await runningTerminal(world, counter);
    if (world.faults.strikes("rogue taps", 12)) await rogueTap(world, counter, process);
    else if (world.faults.strikes("hoards of payments in flight", 12)) await hoard(world, counter, process);
    else await sell(world, counter, process);
    if (random.oneIn(3)) await finishAll(world, counter);
  }
}

/** The terminal's process, started again when it was killed. */
export async function runningTerminal(world: World, counter: Counter): Promise<TerminalProcess> {
  const { process } = counter;
  if (process && !process.life.isOver) return process;
  await world.time.sleep(1_000 + world.random.below(20_000));
  return await world.startTerminal(counter);
}

async function sell(world: World, counter: Counter, process: TerminalProcess): Promise<void> {
  const { random, time } = world;
  const request = {
    amount: price(world),
    description: "beer",
    expirySeconds: random.pick([60, 120, 600, 3_600]),
  };
  await attended(world, counter, process, (display, signal) =>
    process.terminal.charge(request, display, signal),
  );
  await time.sleep(1);
}

/** Goes on with every unfinished sale, some with a card at hand. */
async function finishAll(world: World, counter: Counter): Promise<void> {
  const process = await runningTerminal(world, counter);
  for (const sale of unfinished(process)) {
    if (process.life.isOver) return;
    await attended(world, counter, process, (display, signal) =>
      process.terminal.finish(sale, display, signal),
    );
  }
}

const unfinished = (process: TerminalProcess): Sale[] => {
  try {
    return process.store.unfinished();
  } catch (error) {
    return expected(error) ?? [];
  }
};

/** Runs a sale at which customers lay cards on the reader, until it ends, is given up or the terminal dies. */
async function attended(
  world: World,
  counter: Counter,
  process: TerminalProcess,
  run: (display: SaleDisplay, signal: AbortSignal) => Promise<Sale>,
): Promise<void> {
  const { random, time } = world;
  const giveUp = new AbortController();
  const patience = random.pick([8_000, 60_000, 200_000]) + random.below(20_000);
  void time.sleep(patience).then(() => giveUp.abort());
  let isOver = false;
  const display: SaleDisplay = {
    onOpen: () => void customers(world, counter, () => isOver || process.life.isOver),
    askPin: async (retry) => (retry && random.oneIn(2) ? undefined : random.oneIn(6) ? "000000" : PIN),
  };
  await Promise.race([run(display, giveUp.signal).catch(expected), process.life.ended]);
  isOver = true;
}

/** Customers who tap until the sale is over: torn away, taken away early, laid on again, or another card. */
async function customers(world: World, counter: Counter, isOver: () => boolean): Promise<void> {
  const { random, time } = world;
  for (let taps = 0; taps < 6 && !isOver(); taps++) {
    await time.sleep(200 + random.below(3_000));
    const card = random.pick(world.cards);
    if (isOver() || card.isBusy || !counter.reader.isFree) continue;
    card.isBusy = true;
    counter.reader.insert(card);
    if (world.faults.strikes("cards torn", 4)) counter.reader.tearAway(random.below(14));
    await time.sleep(random.pick([5, 60, 500, 40_000]) + random.below(400));
    counter.reader.remove();
    card.isBusy = false;
  }
}

/** A terminal that keeps a token, and shows it late, twice, or never. */
async function rogueTap(world: World, counter: Counter, process: TerminalProcess): Promise<void> {
  const { random, time } = world;
  const [first, second] = world.cards.filter((card) => !card.isBusy);
  const amount = price(world);
  const work = async () => {
    const { invoice, paymentHash } = await process.node.createInvoice({
      amount,
      description: "rogue",
      expirySeconds: 3_600,
    });
    for (const card of [first, random.oneIn(2) ? second : undefined]) {
      if (!card || card.isBusy || !counter.reader.isFree) continue;
      const token = await lent(counter, card, () =>
        takeToken(
          counter.reader,
          { amount, invoiceHash: invoiceHash(invoice) },
          { askPin: async (retry) => (retry ? undefined : PIN) },
        ),
      );
      const payload = encodeInitiatePayment({ token: token.token, invoice: utf8(invoice) });
      world.requests.set(bytesToHex(payload), payload);
      if (random.oneIn(3)) continue;
      void time.sleep(random.below(400_000)).then(() => sendLate(world, payload));
    }
    if (random.oneIn(3)) await process.node.cancelInvoice(paymentHash);
  };
  await Promise.race([work().catch(expected), process.life.ended]);
}

/** A cardholder and a merchant in one hand, who keep as many payments as they can pending, for small amounts. */
async function hoard(world: World, counter: Counter, process: TerminalProcess): Promise<void> {
  const { random, time } = world;
  const card = world.cards.find(({ isBusy }) => !isBusy);
  if (!card || !counter.reader.isFree) return;
  const work = async () => {
    for (let i = 0; i < 6; i++) {
      const amount = sat(BigInt(1 + random.below(20)));
      const request = { amount, description: "hoard", expirySeconds: 3_600 };
      const { invoice, paymentHash } = await process.node.createInvoice(request);
      world.holding.set(bytesToHex(paymentHash), time.now + 120_000 + random.below(1_200_000));
      if (card.isBusy || !counter.reader.isFree) return;
      const { token } = await lent(counter, card, () =>
        takeToken(
          counter.reader,
          { amount, invoiceHash: invoiceHash(invoice) },
          { askPin: async () => undefined },
        ),
      );
      const payload = encodeInitiatePayment({ token, invoice: utf8(invoice) });
      world.requests.set(bytesToHex(payload), payload);
      sendLate(world, payload);
      await time.sleep(1 + random.below(2_000));
    }
  };
  await Promise.race([work().catch(expected), process.life.ended]);
}

/** Holds a card at the reader for as long as `use` takes. */
async function lent<T>(counter: Counter, card: FieldCard, use: () => Promise<T>): Promise<T> {
  card.isBusy = true;
  counter.reader.insert(card);
  try {
    return await use();
  } finally {
    counter.reader.remove();
    card.isBusy = false;
  }
}

/** Sends a request straight from the merchant's node, whatever the terminals think of it. */
export function sendLate(world: World, payload: Uint8Array): void {
  if (world.merchant.isDown || world.payer.isDown) return;
  const { merchant, payer } = world;
  void merchant.connect({ nodeId: payer.nodeId, host: "127.0.0.1", port: 9735 });
  void merchant.sendMessage(payer.nodeId, PEER_MESSAGE.INITIATE_PAYMENT, payload);
}

/** Shows a card's status to the issuer and gives it the update that waits. @returns whether one came */
export async function refreshCard(world: World, counter: Counter, card: FieldCard): Promise<boolean> {
  const process = await runningTerminal(world, counter);
  return await lent(counter, card, () =>
    withCard(counter.reader, async (session) => {
      const time = BigInt(Math.floor(counter.clock.read() / 1000));
      const nonce = world.random.bytes(24);
      const { nodeId } = world.payer;
      const status = await session.identify(statusChallenge(nodeId, time, nonce));
      const asking = process.sender.askCardStatus(
        { nodeId, host: "127.0.0.1", port: 9735 },
        { status, time, nonce },
      );
      const standing = await Promise.race([asking, process.life.ended.then(() => undefined)]);
      const update = standing?.cardUpdate;
      if (update) await session.update(update);
      return update !== undefined;
    }),
  );
}
