import { afterAll, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import {
  blockCard,
  cashOutCard,
  fundCard,
  replaceCard,
  setLimits,
  unblockCard,
  verifyLedger,
} from "../../issuer/ledger/index.js";
import type { Store } from "../../issuer/store/index.js";
import { invoiceHash } from "../../lightning/bolt11/index.js";
import { Bench, Service, TestClock } from "../../testing/issuer/service.js";
import { ScriptedNode } from "../../testing/nodes/scripted-node.js";

const bench = new Bench();
afterAll(() => bench.close());

const DAY = 24 * 3_600_000;

/** A store whose ledger is proven after each transaction, before anybody goes on. */
function provenStore(store: Store, found: string[]): Store & { readonly commits: () => number } {
  let commits = 0;
  return {
    ...store,
    commits: () => commits,
    async write(work) {
      const done = await store.write(work);
      commits++;
      for (const { invariant } of (await verifyLedger(store)).violations)
        found.push(`after commit ${commits}: ${invariant}`);
      return done;
    },
  };
}

/** Whatever belongs together is in one transaction: a process that dies between two leaves books that hold. */
it("the ledger proves itself after every single commit", async () => {
  const found: string[] = [];
  const store = provenStore(await bench.open("sqlite", await bench.location("sqlite")), found);
  const clock = new TestClock();
  const service = new Service(store, new ScriptedNode(clock.read), clock, await bench.keys());
  const [card, other, fresh] = [await service.card(1), await service.card(2), await service.card(3)];
  let serial = 0;
  const tap = async (behaviour: Parameters<ScriptedNode["set"]>[1], amount = sat(100)) => {
    service.node.set(++serial, behaviour);
    return await service.tap(card, serial, amount);
  };
  await tap("settle");
  await tap("fail");
  await tap("stuck");
  await tap("stuck-then-fails");
  await tap("unreachable");
  service.node.finish();
  await service.reconciler.run();
  // Refused for good: it expires too soon, and another card pays for an invoice that is paid.
  const late = service.invoice(++serial, sat(7), { expirySeconds: 20 });
  await service.present(card.authorize(late, sat(7)), late);
  const twice = service.invoice(++serial, sat(8));
  await service.present(card.authorize(twice, sat(8)), twice);
  await service.present(other.authorize(twice, sat(8)), twice);
  // Skipped, split by one that comes late, and released; the end of the row by a status.
  const kept = [1, 2, 3].map(() => {
    const invoice = service.invoice(++serial, sat(9), { expirySeconds: 7 * 86_400 });
    return { invoice, token: card.authorize(invoice, sat(9)) };
  });
  await tap("settle");
  await service.present(kept[1]?.token ?? new Uint8Array(0), kept[1]?.invoice ?? "");
  card.authorize(service.invoice(++serial, sat(5)), sat(5));
  await service.identify(card);
  clock.now += DAY;
  await service.reconciler.run();
  await service.identify(card);
  // The issuer's people.
  await fundCard(store, card.cardId, sat(500), "", clock.now);
  await setLimits(store, card.cardId, { maxPerTransaction: sat(9000), resetPinTries: true }, clock.now);
  await blockCard(store, card.cardId, clock.now);
  await unblockCard(store, card.cardId, clock.now);
  await cashOutCard(store, card.cardId, "", clock.now);
  await unblockCard(store, card.cardId, clock.now);
  await tap("settle");
  await replaceCard(store, other.cardId, fresh.cardId, clock.now);
  // A clone.
  const invoice = service.invoice(++serial, sat(1));
  await service.present(card.token({ counter: 1, invoiceHash: invoiceHash(invoice) }), invoice);
  expect(found).toEqual([]);
  expect(store.commits()).toBeGreaterThan(30);
  const rows = await store.db.selectFrom("authorizations").select("state").execute();
  expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(["settled", "void", "reserved"]));
  await service.close();
});
