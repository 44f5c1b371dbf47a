import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { bytesToHex, sat, u64 } from "../../common/index.js";
import { acceptedLog } from "../../host/terminal/accepted-log.js";
import { Forwarder, type ForwarderParts, type ForwardResult } from "../../host/terminal/forwarder.js";
import { SaleStore } from "../../host/terminal/index.js";
import { DEFAULT_REQUEST_LIMITS } from "../../lightning/api/admission.js";
import { openPaymentSender } from "../../lightning/api/index.js";
import { FakeNetwork } from "../../testing/nodes/fake-node.js";

const NOW = 1_800_000_000;
const DAY = 86_400;
let now = NOW;

beforeEach(() => {
  now = NOW;
});
afterEach(() => vi.useRealTimers());

/** From here on time passes when the test says so. */
const stopTime = () => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });

/** A terminal that has accepted sales of invoices that live for ten minutes, and what each attempt comes to. */
async function terminal(sales: number, parts: Partial<ForwarderParts> = {}) {
  const network = new FakeNetwork();
  const clock = () => now * 1000;
  const [payer, merchant] = [network.node("payer", clock), network.node("merchant", clock)];
  const store = new SaleStore(":memory:");
  for (let i = 1; i <= sales; i++) {
    const made = await merchant.createInvoice({ amount: sat(1), description: "beer", expirySeconds: 600 });
    const times = { createdAt: NOW, expiresAt: NOW + 600 };
    const { number } = store.create({
      ...made,
      ...times,
      amount: sat(1),
      description: "beer",
      fiat: undefined,
    });
    const cardId = u64(BigInt(i));
    store.accepted.accept(
      number,
      { cardId, keySetId: new Uint8Array(4), counter: 1, amount: sat(1), total: sat(1), pinVerified: false },
      {
        token: new Uint8Array(149).fill(i),
        nodeUri: `${bytesToHex(payer.nodeId)}@127.0.0.1:9735`,
        issuer: new Uint8Array(33),
        acceptedAt: NOW,
      },
    );
  }
  const results: ForwardResult[] = [];
  const sender = await openPaymentSender(merchant, store);
  const forwarder = new Forwarder({
    sender,
    log: acceptedLog(store),
    onResult: (_, result) => void results.push(result),
    now: clock,
    ...parts,
  });
  return { forwarder, results, store, sender };
}

it("a sale is given up once its invoice has expired for a day, not before", async () => {
  const { forwarder, store } = await terminal(1);
  now = NOW + 600 + DAY;
  expect(await forwarder.round()).toEqual(["open"]);
  expect(store.get(1)).toMatchObject({ state: "accepted" });
  now += DAY;
  expect(await forwarder.round()).toEqual(["refused"]);
  expect(store.get(1)).toMatchObject({ state: "refused" });
});

it("a forwarder asks no more in a second than its rate allows", async () => {
  const { forwarder, results } = await terminal(6, { maxPerSecond: 2 });
  now = NOW + 1000;
  stopTime();
  const round = forwarder.round();
  const asked: number[] = [];
  for (let second = 0; second < 3; second++) {
    await vi.advanceTimersByTimeAsync(second === 0 ? 10 : 1000);
    asked.push(results.length);
  }
  expect(asked).toEqual([2, 4, 6]);
  await round;
});

it("a forwarder that reaches nobody makes pauses that grow to a minute", async () => {
  const { forwarder, results, sender } = await terminal(12, { maxInFlight: 1 });
  sender.close();
  const stop = new AbortController();
  stopTime();
  const running = forwarder.run(stop.signal);
  const asked: number[] = [];
  // One attempt at once, then after 1, 2, 4, 8, 16, 32, 60 and 60 seconds.
  for (const seconds of [0.5, 1, 2, 4, 8, 16, 32, 60, 60]) {
    await vi.advanceTimersByTimeAsync(seconds * 1000);
    asked.push(results.length);
  }
  expect(asked).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(new Set(results)).toEqual(new Set(["unreachable"]));
  stop.abort();
  await running;
});

it("a forwarder asks for less than what an issuer takes from one peer", async () => {
  const { perSecond, burst } = DEFAULT_REQUEST_LIMITS.ratePerPeer;
  const { forwarder, results } = await terminal(burst + 2 * perSecond, { maxInFlight: 1_000 });
  now = NOW + 1000;
  stopTime();
  const round = forwarder.round();
  await vi.advanceTimersByTimeAsync(10);
  expect(results.length).toBeLessThan(burst);
  await vi.advanceTimersByTimeAsync(1000);
  const first = results.length;
  await vi.advanceTimersByTimeAsync(1000);
  expect(results.length - first).toBeLessThan(perSecond);
  expect(results.length).toBeGreaterThan(first);
  await vi.advanceTimersByTimeAsync(60_000);
  await round;
});
