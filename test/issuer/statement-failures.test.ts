import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { blockCard, cashOutCard, fundCard, placeOrder, showCard } from "../../issuer/ledger/index.js";
import { openPostgres } from "../../issuer/store/index.js";
import { Bench, Service, TestClock } from "../../testing/issuer/service.js";
import { ScriptedNode } from "../../testing/nodes/scripted-node.js";

const bench = new Bench();
afterAll(() => bench.close());

/** Two services on one database and one node, and somebody who is connected to the same database. */
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
    clock,
    administrator,
    /** Every change of this table waits 10 ms for a lock that somebody else holds, and fails. @returns ends it */
    async lockedOut(table: string): Promise<() => Promise<unknown>> {
      await administrator.query(`
        create table held ();
        create function wait_for_lock() returns trigger language plpgsql as $$ begin
          perform set_config('lock_timeout', '10ms', true);
          lock table held;
          return null;
        end $$;
        create trigger locked_out before insert or update or delete on ${table} execute function wait_for_lock()`);
      await administrator.query("begin; lock table held in share mode");
      return () => administrator.query("rollback; drop function wait_for_lock cascade; drop table held");
    },
    /** Resolves when a statement waits for a lock. @returns its server process */
    async waiting(): Promise<number> {
      for (;;) {
        const { rows } = await administrator.query<{ pid: number }>(
          "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
        );
        if (rows[0]) return rows[0].pid;
        await sleep(5);
      }
    },
    async close() {
      await administrator.end();
      await one.close();
      await two.close();
    },
  };
}

const contents = async ({ store }: Service) => ({
  accounts: await store.db.selectFrom("accounts").selectAll().orderBy("card").execute(),
  authorizations: await store.db.selectFrom("authorizations").selectAll().orderBy("counter").execute(),
  bookings: await store.db.selectFrom("bookings").selectAll().orderBy("id").execute(),
  leases: await store.db.selectFrom("leases").selectAll().execute(),
  gaps: await store.db.selectFrom("gaps").selectAll().orderBy("first").execute(),
  limits: await store.db.selectFrom("limits").selectAll().orderBy("sequence").execute(),
});

describe("a statement that fails on a connection that lives", () => {
  it.each(["authorizations", "leases", "bookings", "gaps", "accounts"])(
    "for a lock on %s keeps nothing of a reservation",
    async (table) => {
      const { one, lockedOut, node, close } = await grounds();
      const card = await one.card(1);
      await one.tap(card, 1, sat(100));
      // The second token opens a gap.
      card.authorize(one.invoice(2, sat(50)), sat(50));
      const before = await contents(one);
      const release = await lockedOut(table);
      const lost = await one.tap(card, 3, sat(1000));
      expect(await contents(one)).toEqual(before);
      expect(node.sent.size).toBe(1);
      await release();
      await one.present(lost.token, lost.invoice);
      expect(node.sent.size).toBe(2);
      expect((await showCard(one.store.db, card.cardId)).spent).toBe(sat(1100));
      expect(await one.violations()).toEqual([]);
      await close();
    },
  );

  it("for a lock in a refusal leaves a card that can be blocked, paid out and topped up", async () => {
    const { one, lockedOut, clock, close } = await grounds();
    const card = await one.card(1, sat(20_000), { maxPerTransaction: "500sat" });
    const taps = [300, 1000, 300, 300].map((amount, i) => {
      const invoice = one.invoice(i + 1, sat(amount));
      return [card.authorize(invoice, sat(amount)), invoice] as const;
    });
    const present = async (i: number) => one.present(...(taps[i] as (typeof taps)[number]));
    await present(3);
    const before = await contents(one);
    const release = await lockedOut("gaps");
    await present(1);
    await release();
    expect(await contents(one)).toEqual(before);
    expect(await one.violations()).toEqual([]);
    expect((await present(1)).outcome).toBe("rejected");
    await blockCard(one.store, card.cardId, clock.now);
    await fundCard(one.store, card.cardId, sat(1), "", clock.now);
    expect(await cashOutCard(one.store, card.cardId, "", clock.now)).toBe(sat(19_701));
    expect(await one.violations()).toEqual([]);
    await close();
  });

  it.each(["authorizations", "leases", "bookings"])(
    "because it was cancelled at %s does not overwrite what another service reserves meanwhile",
    async (table) => {
      const { one, two, administrator, node, clock, waiting, close } = await grounds();
      for (let round = 1; round <= 5; round++) {
        const card = await one.card(round);
        const [small, big] = [one.invoice(10 * round, sat(1)), one.invoice(10 * round + 1, sat(15_000))];
        const tokens = [card.authorize(small, sat(1)), card.authorize(big, sat(15_000))] as const;
        await administrator.query(`begin; lock table ${table} in share mode`);
        const first = one.present(tokens[0], small);
        const cancelled = await waiting();
        const second = two.present(tokens[1], big);
        await administrator.query("select pg_cancel_backend($1)", [cancelled]);
        await first;
        await administrator.query("rollback");
        await second;
        const { spent } = await showCard(one.store.db, card.cardId);
        expect(spent).toBe(sat(15_000));
        await one.present(tokens[0], small);
        expect(await cashOutCard(one.store, card.cardId, "", clock.now)).toBe(sat(4_999));
        expect(node.sent.size).toBe(2 * round);
      }
      expect(await one.violations()).toEqual([]);
      await close();
    },
  );

  it.each(["insert into operations", "insert into orders", "commit"])(
    "%s keeps neither an order of the desk nor its reference",
    async (failing) => {
      const { one, two, administrator, clock, close } = await grounds();
      const { cardId } = await one.card(1);
      const table = failing === "commit" ? "operations" : failing.split(" ").at(-1);
      await administrator.query(`
        create function fail() returns trigger language plpgsql as $$ begin raise 'no room' using errcode = '53100'; end $$;
        create constraint trigger failing after insert on ${table}
          deferrable initially ${failing === "commit" ? "deferred" : "immediate"} for each row execute function fail()`);
      const order = { kind: "top-up", cardId, amount: sat(500), note: "" } as const;
      const before = await contents(one);
      await expect(placeOrder(one.store, "till-1", order, clock.now)).rejects.toMatchObject({ code: "full" });
      expect(await contents(one)).toEqual(before);
      await administrator.query(`drop trigger failing on ${table}`);
      expect(await placeOrder(two.store, "till-1", order, clock.now)).toMatchObject({ repeated: false });
      expect((await showCard(one.store.db, cardId)).funded).toBe(sat(20_500));
      expect(await one.violations()).toEqual([]);
      await close();
    },
  );
});
