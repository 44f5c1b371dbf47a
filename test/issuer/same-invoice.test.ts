import { sql } from "kysely";
import { afterAll, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import type { Store } from "../../issuer/store/index.js";
import { REASON } from "../../lightning/api/reasons.js";
import { Bench, Service, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

/** A store whose next transaction waits before it commits, when everything in it is done. */
function waitingStore(store: Store) {
  let [arrive, goOn] = [() => {}, () => {}];
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const waiting: Store = {
    ...store,
    write: (work) =>
      store.write(async (tx) => {
        const done = await work(tx);
        arrive();
        await gate;
        return done;
      }),
  };
  return { waiting, arrived, goOn };
}

/**
 * Neither process sees what the other is about to commit, and the two cards lock nothing in common: only the unique
 * index on living payment hashes keeps one invoice from being paid for by two cards.
 */
it("one invoice of two cards, decided by two processes at the same moment, is one card's", async () => {
  const location = await bench.location("postgres");
  const second = await startService(bench, "postgres", {}, {}, location);
  const cards = [await second.card(1), await second.card(2)];
  const store = await bench.open("postgres", location);
  const { waiting, arrived, goOn } = waitingStore(store);
  const { node, clock, ports } = second;
  const first = new Service(waiting, node, clock, ports.keys, {}, { owner: ports.owner + 1n });
  const invoice = second.invoice(1, sat(10));
  const [one, two] = cards.map((card) => card.authorize(invoice, sat(10))) as [Uint8Array, Uint8Array];

  const firstAnswer = first.present(one, invoice);
  await arrived;
  let isDecided = false;
  const secondAnswer = second.present(two, invoice).finally(() => {
    isDecided = true;
  });
  // Until the second has come as far as it can: it waits for the first, or is through without having seen it.
  const blocked = async () => {
    const { rows } = await sql<{ waiting: bigint }>`
      select count(*) as waiting from pg_locks where not granted and locktype = 'transactionid'`.execute(
      second.store.db,
    );
    return rows[0]?.waiting !== 0n || isDecided;
  };
  await expect.poll(blocked).toBe(true);
  goOn();
  expect(await firstAnswer).toMatchObject({ outcome: "accepted" });
  expect(await secondAnswer).toMatchObject({ outcome: "rejected", reason: REASON.INVOICE_TAKEN });
  expect([...node.sent.values()]).toEqual([1]);
  const spent = await second.store.db.selectFrom("accounts").select("spent").orderBy("card").execute();
  expect(spent.map((account) => account.spent)).toEqual([sat(10), 0n]);
  expect(await second.violations()).toEqual([]);
  await store.close();
  await second.close();
});
