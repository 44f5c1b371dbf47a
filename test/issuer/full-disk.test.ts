import { CompiledQuery } from "kysely";
import { afterAll, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { fundCard } from "../../issuer/ledger/index.js";
import { Bench, type Service, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

const pragma = async ({ store }: Service, text: string): Promise<bigint> => {
  const { rows } = await store.db.executeQuery<Record<string, bigint>>(CompiledQuery.raw(`pragma ${text}`));
  return Object.values(rows[0] ?? {})[0] ?? 0n;
};

/** The file may grow by so many pages and no more. */
const leaveRoom = async (service: Service, pages: bigint): Promise<void> => {
  const used = await pragma(service, "page_count");
  await pragma(service, `max_page_count = ${used + pages}`);
};

/**
 * SQLite ends a transaction by itself when the disk is full, in the middle of whatever statement needed a page.
 * Nothing that belongs to it may be written after that.
 */
it("a disk that is full in the middle of a decision keeps all of it or nothing", async () => {
  await using service = await startService(bench, "sqlite");
  const cards = [await service.card(1), await service.card(2)];
  let [refused, serial] = [0, 0];
  for (let i = 0; i < 150; i++) {
    const card = cards[i % 2] as (typeof cards)[number];
    const invoice = service.invoice(++serial, sat(10), { description: "x".repeat(i % 400) });
    // Every fifth token skips one that is never presented, every seventh payment fails.
    if (i % 5 === 0) card.authorize(service.invoice(++serial, sat(1)), sat(1));
    if (i % 7 === 0) service.node.set(serial, "fail");
    const token = card.authorize(invoice, sat(10));
    await leaveRoom(service, 0n);
    const before = service.node.calls;
    await service.present(token, invoice);
    if (service.node.calls === before) {
      refused++;
      expect([i, await service.violations()]).toEqual([i, []]);
    }
    await leaveRoom(service, 1000n);
    await service.present(token, invoice);
    if (i % 50 === 0) await fundCard(service.store, card.cardId, sat(2000), "", service.clock.now);
  }
  expect(refused).toBeGreaterThan(10);
  await service.reconciler.run();
});

it("a transaction that SQLite gave up takes no further statement, also from a caller who went on after the error", async () => {
  await using service = await startService(bench, "sqlite");
  await service.card(1);
  const accounts = () => service.store.db.selectFrom("accounts").selectAll().execute();
  const before = await accounts();
  await leaveRoom(service, 0n);
  const goingOn = service.store.write(async (tx) => {
    const value = "x".repeat(100_000);
    await tx
      .insertInto("settings")
      .values({ name: "too large", value })
      .execute()
      .catch(() => undefined);
    await tx.updateTable("accounts").set({ operation: 77n }).execute();
  });
  await expect(goingOn).rejects.toMatchObject({ code: "full" });
  await leaveRoom(service, 1000n);
  expect(await accounts()).toEqual(before);
});
