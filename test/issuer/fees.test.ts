import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { type Msat, msat, sat } from "../../common/index.js";
import { cashOutCard, fundCard, remaining, showCard } from "../../issuer/ledger/index.js";
import { cardDetails, spendingReport } from "../../issuer/reports/index.js";
import type { Store } from "../../issuer/store/index.js";
import { REASON } from "../../lightning/api/reasons.js";
import { Bench, Service, START, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

const HOUR = 3_600_000;

/** Routing fees that the node has paid, as the ledger has them. */
async function feesPaid({ store }: Service): Promise<bigint> {
  const rows = await store.db.selectFrom("authorizations").select("fee").execute();
  return rows.reduce((sum, { fee }) => sum + (fee ?? 0n), 0n);
}

/** Fees that count for a card, and for the issuer, of all hours. */
async function counted({ store }: Service) {
  const cards = await store.db.selectFrom("card_fees").selectAll().execute();
  const totals = await store.db.selectFrom("totals").selectAll().execute();
  const of = (side: string) => totals.find((row) => row.side === side)?.fees ?? 0n;
  return {
    cards: cards.reduce((sum, { amount }) => sum + amount, 0n),
    issuer: of("reserved") - of("resolved"),
  };
}

async function finish(...services: readonly Service[]): Promise<void> {
  for (const service of services) {
    expect(await service.violations()).toEqual([]);
    await service.close();
  }
}

describe.each(["sqlite", "postgres"] as const)("routing fees on %s", (kind) => {
  const start = (config: Parameters<typeof startService>[2] = {}) => startService(bench, kind, config);

  it("the holder of a card, the payee and the routing node together take no more than the card's budgets of fees", async () => {
    await using service = await start();
    service.node.fee = "highest";
    const card = await service.card(1, sat(2000), { maxFeesPer24h: "20sat", maxFeesPer30d: "50sat" });
    let serial = 0;
    const drain = async (taps: number) => {
      for (let i = 0; i < taps; i++) await service.tap(card, ++serial, sat(1));
      return await feesPaid(service);
    };
    expect(await drain(40)).toBe(sat(20));
    service.clock.pass(23 * HOUR);
    expect(await drain(10)).toBe(sat(20));
    service.clock.pass(2 * HOUR);
    expect(await drain(40)).toBe(sat(40));
    service.clock.pass(25 * HOUR);
    expect(await drain(40)).toBe(sat(50));
    service.clock.pass(28 * 24 * HOUR);
    expect(await drain(40)).toBe(sat(70));
  });

  it("under the shipped policy an hour of taps of 1 sat costs at most 500 sat", async () => {
    await using service = await start();
    service.node.fee = "highest";
    const card = await service.card(1, sat(600));
    for (let i = 1; i <= 520; i++) await service.tap(card, i, sat(1));
    expect(await feesPaid(service)).toBe(sat(500));
  });

  it("with its budget used up a card pays where routing costs nothing, and is refused for fees where it does not", async () => {
    const service = await start();
    const card = await service.card(1, sat(100), { maxFeesPer24h: "1sat" });
    expect(await service.tap(card, 1, sat(10))).toMatchObject({ outcome: "accepted" });
    expect(await service.tap(card, 2, sat(10))).toMatchObject({
      outcome: "rejected",
      reason: REASON.FEE_TOO_HIGH,
    });
    service.node.fee = msat(0n);
    expect(await service.tap(card, 3, sat(10))).toMatchObject({ outcome: "accepted" });
    expect(await feesPaid(service)).toBe(1000n);
  });

  it("counts the highest fee while a payment is in flight, what was paid when it is settled, nothing when it is void", async () => {
    await using service = await start();
    const card = await service.card(1, sat(1000));
    service.node.fee = msat(300n);
    service.node.set(1, "stuck");
    service.node.set(2, "stuck-then-fails");
    await service.tap(card, 1, sat(100));
    await service.tap(card, 2, sat(100));
    expect(await counted(service)).toEqual({ cards: 3000n, issuer: 3000n });
    expect(await service.violations()).toEqual([]);
    service.node.finish();
    expect(await service.reconciler.run()).toMatchObject({ settled: 1, voided: 1 });
    expect(await counted(service)).toEqual({ cards: 300n, issuer: 300n });
  });

  it("counts a fee in the hour of its decision, however late the payment is settled", async () => {
    await using service = await start();
    const card = await service.card(1, sat(1000), { maxFeesPer24h: "2sat" });
    service.node.set(1, "stuck");
    await service.tap(card, 1, sat(100));
    service.clock.pass(HOUR / 2);
    service.node.finish();
    await service.reconciler.run();
    const rows = await service.store.db.selectFrom("card_fees").select(["hour", "amount"]).execute();
    expect(rows).toEqual([{ hour: BigInt(START / HOUR), amount: 1000n }]);
    service.node.fee = "highest";
    await service.tap(card, 2, sat(100));
    expect(await feesPaid(service)).toBe(2000n);
  });

  it("a node that pays more than it may is counted with what it paid", async () => {
    await using service = await start();
    const card = await service.card(1, sat(1000));
    const pay = service.node.pay.bind(service.node);
    service.node.fee = msat(7000n);
    service.node.pay = (request) => pay({ ...request, maxFee: msat(7000n) });
    await service.tap(card, 1, sat(100));
    expect(await counted(service)).toEqual({ cards: 7000n, issuer: 7000n });
  });

  it("the issuer's budget holds for all cards together, and is free again when its period is over", async () => {
    await using service = await start({ maxFeesPer24h: "10sat", maxFeesPer30d: "15sat" });
    service.node.fee = "highest";
    const cards = await Promise.all(Array.from({ length: 8 }, (_, i) => service.card(i + 1)));
    let serial = 0;
    const drain = async () => {
      for (let round = 0; round < 3; round++)
        await Promise.all(cards.map((card) => service.tap(card, ++serial, sat(1))));
      return await feesPaid(service);
    };
    expect(await drain()).toBe(sat(10));
    service.clock.pass(25 * HOUR);
    expect(await drain()).toBe(sat(15));
    service.clock.pass(30 * 24 * HOUR);
    expect(await drain()).toBe(sat(25));
  });

  it("a budget that runs short is an alert once, not at each payment", async () => {
    let alerts = 0;
    const log = {
      info() {},
      warn() {},
      error: (fields: object) => void ("alert" in fields && alerts++),
    };
    await using service = await startService(bench, kind, { maxFeesPer24h: "3sat" }, { log });
    const card = await service.card(1);
    for (let i = 1; i <= 10; i++) await service.tap(card, i, sat(1));
    expect(alerts).toBe(1);
    service.clock.pass(25 * HOUR);
    for (let i = 11; i <= 20; i++) await service.tap(card, i, sat(1));
    expect(alerts).toBe(2);
  });
});

describe("two services on one database", () => {
  /** Two cards tap at once, each at a service of its own; the first decision is committed when the second waits for it. */
  async function tapTogether(config: Parameters<typeof startService>[2]) {
    const location = await bench.location("postgres");
    const held = await bench.open("postgres", location);
    const [isWritten, written] = signal();
    const [mayCommit, commit] = signal();
    const holding: Store = {
      ...held,
      write: (work, options) =>
        held.write(async (tx) => {
          const result = await work(tx);
          written();
          await mayCommit;
          return result;
        }, options),
    };
    const second = await startService(bench, "postgres", { ...config, payTimeoutMs: 10 }, {}, location);
    second.node.behaviour = "stuck";
    second.node.fee = "highest";
    const cards = [await second.card(1), await second.card(2)] as const;
    const { node, clock } = second;
    const first = new Service(holding, node, clock, await bench.keys(), { ...config, payTimeoutMs: 10 });
    const one = first.tap(cards[0], 1, sat(100));
    await isWritten;
    const other = second.tap(cards[1], 2, sat(100));
    const waits = sql<{ pid: number }>`select pid from pg_locks where not granted`;
    await expect.poll(async () => (await waits.execute(second.store.db)).rows.length).toBeGreaterThan(0);
    commit();
    const answers = await Promise.all([one, other]);
    const leases = await second.store.db.selectFrom("leases").select("max_fee").orderBy("counter").execute();
    expect(await second.violations()).toEqual([]);
    await first.close();
    await second.close();
    return { reasons: answers.map(({ reason }) => reason), fees: leases.map(({ max_fee }) => max_fee) };
  }

  it("hold the issuer's budget of fees together", async () => {
    const { reasons, fees } = await tapTogether({ maxFeesPer24h: "2sat" });
    expect(reasons).toEqual([undefined, undefined]);
    expect([...fees].sort()).toEqual([1500n, 500n]);
  });

  it("hold the places for payments in flight together", async () => {
    const { reasons, fees } = await tapTogether({ maxInFlight: 1, keptPlacesPercent: 0 });
    expect(reasons).toEqual([undefined, REASON.BUSY]);
    expect(fees).toEqual([1500n]);
  });
});

/** A promise and what resolves it. */
function signal(): [Promise<void>, () => void] {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return [promise, resolve];
}

describe.each(["sqlite", "postgres"] as const)("fees that the card bears, on %s", (kind) => {
  const BEARS = { feesBorneBy: "card" };
  const open = async (credit: Msat) => {
    const service = await startService(bench, kind);
    const card = await service.card(1, credit, BEARS);
    const entry = () => showCard(service.store.db, card.cardId);
    return { service, card, entry };
  };

  it("lower what was paid in for it by the fee that was booked, and no credit", async () => {
    const { service, card, entry } = await open(sat(1000));
    service.node.fee = msat(400n);
    await service.tap(card, 1, sat(100));
    expect(await entry()).toMatchObject({ funded: 999_600n, spent: sat(100), held: 0n });
    expect(await service.identify(card)).toBeUndefined();
    expect(card.credit).toBe(sat(1000));
    expect(await service.violations()).toEqual([]);
    // The next update is signed over what is there: 1 sat paid in raises the credit by 600 msat.
    await fundCard(service.store, card.cardId, sat(1), "", service.clock.now);
    await service.identify(card);
    expect(card.credit).toBe(1_000_600n);
    const details = await cardDetails(service.store, card.cardId, 1);
    expect(details).toMatchObject({ left: 900_600n, fees: 400n, feesCharged: 400n });
    const { books } = await spendingReport(service.store, { timeZone: "UTC" });
    expect(books).toMatchObject({ fees: 400n, feesCharged: 400n, heldForFees: 0n, left: 900_600n });
    await finish(service);
  });

  it("are held while the payment is in flight: two payments never share the same money", async () => {
    const { service, card, entry } = await open(msat(201_500n));
    service.node.set(1, "stuck");
    service.node.set(3, "stuck-then-fails");
    await service.tap(card, 1, sat(100));
    expect(await entry()).toMatchObject({ spent: sat(100), held: 1500n });
    expect(await service.tap(card, 2, msat(100_001n))).toMatchObject({ reason: REASON.NOT_FUNDED });
    service.node.fee = msat(0n);
    await service.tap(card, 3, sat(100));
    expect(await entry()).toMatchObject({ funded: 201_500n, spent: sat(200), held: 1500n });
    expect(await service.violations()).toEqual([]);
    service.node.finish();
    expect(await service.reconciler.run()).toMatchObject({ settled: 1, voided: 1 });
    expect(await entry()).toMatchObject({ funded: 200_500n, spent: sat(100), held: 0n });
    await finish(service);
  });

  it("never exceed what was held, whatever the node paid; the rest is the issuer's", async () => {
    const { service, card, entry } = await open(sat(200));
    const pay = service.node.pay.bind(service.node);
    service.node.fee = msat(9000n);
    service.node.pay = (request) => pay({ ...request, maxFee: msat(9000n) });
    await service.tap(card, 1, sat(100));
    expect(await entry()).toMatchObject({ funded: 198_500n, spent: sat(100), held: 0n });
    const { books } = await spendingReport(service.store, { timeZone: "UTC" });
    expect(books).toMatchObject({ fees: 9000n, feesCharged: 1500n });
    await finish(service);
  });

  it("are held through a cash-out, and what is not paid of them is left", async () => {
    const { service, card, entry } = await open(sat(1000));
    service.node.fee = msat(500n);
    service.node.set(1, "stuck");
    await service.tap(card, 1, sat(100));
    expect(await cashOutCard(service.store, card.cardId, "", service.clock.now)).toBe(898_500n);
    expect(await service.violations()).toEqual([]);
    service.node.finish();
    await service.reconciler.run();
    expect(remaining(await entry())).toBe(1000n);
    await finish(service);
  });
});
