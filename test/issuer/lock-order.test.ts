import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { msat, sat } from "../../common/index.js";
import type { ReservedFee } from "../../issuer/ledger/resolve.js";
import { openPostgres } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import { Bench, Service, TestClock } from "../../testing/issuer/service.js";
import { preimageOf, ScriptedNode } from "../../testing/nodes/scripted-node.js";

const bench = new Bench();
afterAll(() => bench.close());

/** Two services, three cards, and an administrator who holds what the second card needs. */
async function grounds() {
  const url = await (await bench.server()).database();
  const clock = new TestClock();
  const node = new ScriptedNode(clock.read);
  const keys = await bench.keys();
  const open = async () => new Service(await openPostgres({ url }), node, clock, keys);
  const [one, two] = [await open(), await open()];
  const administrator = new pg.Client({ connectionString: url });
  await administrator.connect();
  return {
    one,
    two,
    node,
    administrator,
    cards: [await one.card(1), await one.card(2), await one.card(3)] as const,
    /** Resolves when this many statements wait for locks. */
    async waiting(count: number): Promise<void> {
      for (;;) {
        const { rows } = await administrator.query(
          "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
        );
        if (rows.length === count) return;
        await sleep(5);
      }
    },
    /** What was set aside for the fee of the only payment of a card. */
    async reserved(card: bigint): Promise<ReservedFee> {
      return await one.store.db
        .selectFrom("leases as l")
        .innerJoin("authorizations as a", (join) =>
          join.onRef("a.card", "=", "l.card").onRef("a.counter", "=", "l.counter"),
        )
        .select(["a.decided_at as decidedAt", "l.max_fee as maxFee", "l.held"])
        .where("l.card", "=", card)
        .executeTakeFirstOrThrow();
    },
    async deadlocks(): Promise<number> {
      await administrator.query("select pg_stat_force_next_flush()");
      const { rows } = await administrator.query<{ deadlocks: string }>(
        "select deadlocks from pg_stat_database where datname = current_database()",
      );
      return Number.parseInt(rows[0]?.deadlocks ?? "-1", 10);
    },
    async close() {
      await administrator.end();
      await one.close();
      await two.close();
    },
  };
}

describe("two services whose groups have the same cards in opposite orders", () => {
  it("decide without a deadlock", async () => {
    const { one, two, node, administrator, cards, waiting, deadlocks, close } = await grounds();
    const [, second] = cards;
    await administrator.query("begin");
    await administrator.query("select from accounts where card = $1 for update", [cardKey(second.cardId)]);
    const taps = cards.map((card, i) => {
      const invoice = one.invoice(i + 1, sat(5));
      return [card.authorize(invoice, sat(5)), invoice] as const;
    });
    const first = taps.map(([token, invoice]) => one.present(token, invoice));
    await waiting(1);
    const others = taps.toReversed().map(([token, invoice]) => two.present(token, invoice));
    await waiting(2);
    await administrator.query("rollback");
    await Promise.all([...first, ...others]);
    expect(node.sent.size).toBe(3);
    expect(await deadlocks()).toBe(0);
    expect(await one.violations()).toEqual([]);
    await close();
  });

  it("settle without a deadlock", async () => {
    const { one, two, node, administrator, cards, waiting, deadlocks, reserved, close } = await grounds();
    const settlements = [];
    for (const [i, card] of cards.entries()) {
      node.set(i + 1, "stuck");
      const { invoice } = await one.tap(card, i + 1, sat(5));
      settlements.push({
        card: cardKey(card.cardId),
        counter: 1n,
        amount: sat(5),
        paymentHash: decodeInvoice(invoice).paymentHash,
        preimage: preimageOf(i + 1),
        fee: msat(0n),
        reserved: await reserved(cardKey(card.cardId)),
      });
    }
    await administrator.query("begin");
    await administrator.query("select from authorizations where card = $1 for update", [
      settlements[1]?.card,
    ]);
    const first = settlements.map((settlement) => one.authorizer.writer.settle(settlement));
    await waiting(1);
    const others = settlements.toReversed().map((settlement) => two.authorizer.writer.settle(settlement));
    await waiting(2);
    await administrator.query("rollback");
    expect(await Promise.all(first)).toEqual([true, true, true]);
    expect(await Promise.all(others)).toEqual([false, false, false]);
    expect(await deadlocks()).toBe(0);
    expect(await one.violations()).toEqual([]);
    await close();
  });
});
