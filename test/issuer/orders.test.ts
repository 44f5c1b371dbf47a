import { afterAll, describe, expect, it } from "vitest";
import { formatCardId } from "../../apdu/card-id.js";
import { bytesToHex, sat } from "../../common/index.js";
import {
  cashOutCard,
  findTopUp,
  fundCard,
  type Order,
  placeOrder,
  remaining,
  retireCard,
  showCard,
} from "../../issuer/ledger/index.js";
import { spendingReport } from "../../issuer/reports/index.js";
import { openPostgres, type Store } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { REASON } from "../../lightning/api/reasons.js";
import { Bench, startService } from "../../testing/issuer/service.js";
import { PostgresFront } from "../../testing/postgres/front.js";

const bench = new Bench();
afterAll(() => bench.close());

const left = async (store: Store, cardId: Uint8Array) => remaining(await showCard(store.db, cardId));
const operations = async (store: Store, cardId: Uint8Array) =>
  (
    await store.db
      .selectFrom("operations")
      .select("kind")
      .where("card", "=", cardKey(cardId))
      .orderBy("operation")
      .execute()
  ).map(({ kind }) => kind);

describe.each(["sqlite", "postgres"] as const)("orders on %s", (kind) => {
  const start = () => startService(bench, kind);

  it("under one reference are booked once, and a repeat says when", async () => {
    await using service = await start();
    const { store, clock } = service;
    const { cardId } = await service.card(1);
    const order: Order = { kind: "top-up", cardId, amount: sat(500), note: "gate" };
    const first = await placeOrder(store, "till-1", order, clock.now);
    expect(first).toEqual({ amount: sat(500), at: BigInt(clock.now), repeated: false });
    clock.now += 60_000;
    const again = await placeOrder(store, "till-1", { ...order, note: "again" }, clock.now);
    expect(again).toEqual({ ...first, repeated: true });
    expect(await left(store, cardId)).toBe(sat(20_500));
    expect(await placeOrder(store, "till-2", order, clock.now)).toMatchObject({ repeated: false });
    expect(await left(store, cardId)).toBe(sat(21_000));
  });

  it("of cash-out, replacement and reversal are repeated without a second booking, also when it is impossible by now", async () => {
    await using service = await start();
    const { store, clock } = service;
    const [{ cardId }, { cardId: replacement }] = [await service.card(1), await service.card(2)];
    await placeOrder(store, "t", { kind: "top-up", cardId, amount: sat(9), note: "" }, clock.now);
    const orders: [Order, bigint][] = [
      [{ kind: "reverse", cardId, operation: 2n, note: "" }, sat(9)],
      [{ kind: "replace", cardId, replacement }, sat(20_000)],
      [{ kind: "cash-out", cardId: replacement, note: "" }, sat(40_000)],
    ];
    for (const [order, amount] of orders)
      for (const repeated of [false, true])
        expect(await placeOrder(store, order.kind, order, clock.now)).toMatchObject({ amount, repeated });
    expect(await operations(store, cardId)).toEqual(["fund", "fund", "reverse", "move-out"]);
    expect(await operations(store, replacement)).toEqual(["fund", "move-in", "cash-out"]);
    await retireCard(store, replacement, clock.now);
    for (const [order] of orders)
      expect(await placeOrder(store, order.kind, order, clock.now)).toMatchObject({ repeated: true });
  });

  it("are refused under the reference of another order, and change nothing", async () => {
    await using service = await start();
    const { store, clock } = service;
    const [{ cardId }, other] = [await service.card(1), await service.card(2)];
    await placeOrder(store, "r", { kind: "top-up", cardId, amount: sat(5), note: "" }, clock.now);
    const wrong: Order[] = [
      { kind: "top-up", cardId, amount: sat(6), note: "" },
      { kind: "top-up", cardId: other.cardId, amount: sat(5), note: "" },
      { kind: "cash-out", cardId, note: "" },
    ];
    for (const order of wrong)
      await expect(placeOrder(store, "r", order, clock.now)).rejects.toMatchObject({
        code: "reference-used",
        message: `reference r is of another order: top-up of 5000 msat for card ${formatCardId(cardId)}`,
      });
    // Of what earlier versions wrote a repeat is found too: the text in the ledger keeps its form.
    expect(await store.db.selectFrom("orders").select("request").execute()).toEqual([
      { request: `top-up of 5000 msat for card ${bytesToHex(cardId)}` },
    ]);
    for (const bad of ["", " r", "../r", "ä", "r".repeat(65)])
      await expect(placeOrder(store, bad, wrong[0] as Order, clock.now)).rejects.toMatchObject({
        name: "ValueError",
      });
    expect([await left(store, cardId), await left(store, other.cardId)]).toEqual([sat(20_005), sat(20_000)]);
  });

  it("that are placed many times at once are booked once", async () => {
    await using service = await start();
    const { store, clock } = service;
    const [one, two] = [await service.card(1), await service.card(2)];
    const order = ({ cardId }: typeof one): Order => ({ kind: "top-up", cardId, amount: sat(7), note: "" });
    const same = await Promise.all([1, 2, 3, 4].map(() => placeOrder(store, "same", order(one), clock.now)));
    expect(same.filter(({ repeated }) => !repeated)).toHaveLength(1);
    const out = await Promise.all(
      [1, 2, 3, 4].map(() =>
        placeOrder(store, "out", { kind: "cash-out", cardId: one.cardId, note: "" }, clock.now),
      ),
    );
    expect(out.map(({ amount }) => amount)).toEqual(Array(4).fill(sat(20_007)));
    // For different cards nothing but the reference stands between them.
    const ends = await Promise.allSettled(
      [one, two, one, two].map((card) => placeOrder(store, "both", order(card), clock.now)),
    );
    expect(ends.filter(({ status }) => status === "rejected")).toHaveLength(2);
    const total = (await left(store, one.cardId)) + (await left(store, two.cardId));
    expect(total).toBe(sat(20_000) + sat(7));
  });

  it("a top-up is reversed as far as it is unspent, and the rest when it is released", async () => {
    await using service = await start();
    const { store, clock, node } = service;
    const card = await service.card(1, sat(1_000));
    const { cardId } = card;
    await placeOrder(store, "t", { kind: "top-up", cardId, amount: sat(5_000), note: "" }, clock.now);
    await service.tap(card, 1, sat(1_000));
    node.set(2, "stuck");
    await service.tap(card, 2, sat(2_000));
    const back: Order = { kind: "reverse", cardId, operation: 2n, note: "typo" };
    expect(await placeOrder(store, "b1", back, clock.now)).toMatchObject({ amount: sat(3_000) });
    expect(await left(store, cardId)).toBe(0n);
    await expect(placeOrder(store, "b2", back, clock.now)).rejects.toMatchObject({ code: "not-enough" });
    // The credit that the card has cannot be lowered: the ledger refuses.
    expect(await service.tap(card, 3, sat(1))).toMatchObject({ reason: REASON.NOT_FUNDED });
    await fundCard(store, cardId, sat(2_500), "", clock.now);
    expect(await placeOrder(store, "b3", back, clock.now)).toMatchObject({ amount: sat(2_000) });
    await expect(placeOrder(store, "b4", back, clock.now)).rejects.toThrow(/was reversed already/);
    expect(await left(store, cardId)).toBe(sat(500));
    expect((await showCard(store.db, cardId)).state).toBe("active");
    const { books } = await spendingReport(store, { timeZone: "UTC" });
    expect(books.paidIn).toBe(sat(3_500));
  });

  it("only top-ups are reversed, the newest unless another one is named", async () => {
    await using service = await start();
    const { store, clock } = service;
    const { cardId } = await service.card(1);
    await expect(findTopUp(store.db, cardId)).rejects.toThrow(/never topped up/);
    await fundCard(store, cardId, sat(1), "", clock.now);
    await fundCard(store, cardId, sat(2), "", clock.now);
    expect(await findTopUp(store.db, cardId)).toMatchObject({ operation: 3n, notReversed: sat(2) });
    expect(await findTopUp(store.db, cardId, 2n)).toMatchObject({ operation: 2n, amount: sat(1) });
    await cashOutCard(store, cardId, "", clock.now);
    for (const operation of [1n, 4n, 9n])
      await expect(
        placeOrder(store, `r${operation}`, { kind: "reverse", cardId, operation, note: "" }, clock.now),
      ).rejects.toThrow(/is no top-up/);
    await expect(
      placeOrder(store, "r", { kind: "reverse", cardId, operation: 3n, note: "" }, clock.now),
    ).rejects.toThrow(/has nothing left/);
  });
});

it("an order whose COMMIT was kept but not answered is booked once by its retry", async () => {
  const url = await (await bench.server()).database();
  const front = await PostgresFront.open(url);
  const direct = await startService(bench, "postgres", {}, {}, url);
  const { cardId } = await direct.card(1);
  const store = await openPostgres({ url: front.url, timeoutMs: 2000 });
  const orders: Order[] = [
    { kind: "top-up", cardId, amount: sat(5_000), note: "" },
    { kind: "reverse", cardId, operation: 2n, note: "" },
    { kind: "cash-out", cardId, note: "" },
  ];
  for (const order of orders) {
    front.loseAnswerAfter = /insert into "orders"/;
    const lost = placeOrder(store, order.kind, order, direct.clock.now);
    await expect(lost).rejects.toMatchObject({ name: "StoreError", code: "unavailable" });
    expect(await placeOrder(store, order.kind, order, direct.clock.now)).toMatchObject({ repeated: true });
  }
  expect(front.lost).toBe(3);
  expect(await operations(direct.store, cardId)).toEqual(["fund", "fund", "reverse", "cash-out"]);
  expect(await direct.violations()).toEqual([]);
  await store.close();
  await front.close();
  await direct.close();
});
