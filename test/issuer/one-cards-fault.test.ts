import { sql } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import { MAX_MSAT, msat, sat } from "../../common/index.js";
import { cashOutCard, fundCard, registerCard, unblockCard } from "../../issuer/ledger/index.js";
import { spendingReport } from "../../issuer/reports/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { SigningCard } from "../../testing/cards/signing-card.js";
import { Bench, type Service, START, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

const DAY = 24 * 3_600_000;
const SEAL_KEY = new Uint8Array(16).fill(0x33);

describe.each(["sqlite", "postgres"] as const)("one card's fault, on %s", (kind) => {
  /** Two cards with a gap each, the first with a credit that nothing can be added to. */
  async function start(credit = msat(MAX_MSAT)) {
    const alerts: object[] = [];
    const service = await startService(
      bench,
      kind,
      {},
      {
        log: { info: () => {}, warn: () => {}, error: (fields) => void alerts.push(fields) },
      },
    );
    const [faulty, other] = [await service.card(1, credit), await service.card(2)];
    let serial = 0;
    for (const card of [faulty, other]) {
      const invoice = service.invoice(++serial, sat(5));
      card.authorize(invoice, sat(5));
      await service.tap(card, ++serial, sat(1));
    }
    return { service, faulty, other, alerts };
  }
  const open = async (service: Service) =>
    (await service.store.db.selectFrom("gaps").select("card").where("voided_at", "is", null).execute()).map(
      ({ card }) => card,
    );

  it("a credit that would pass the maximum keeps no other card's gap from being released, and calls once", async () => {
    const { service, faulty, alerts } = await start();
    service.clock.pass(DAY + 1);
    expect(await service.reconciler.run()).toMatchObject({ gaps: 1 });
    expect(await service.reconciler.run()).toMatchObject({ gaps: 0 });
    expect(await open(service)).toEqual([cardKey(faulty.cardId)]);
    expect(alerts).toMatchObject([{ event: "card", alert: true, card: "cafe-0000-0000-0001" }]);
    expect(await service.violations()).toEqual([]);
    await service.close();
  });

  it("a payment of it that failed keeps no other card's payment from being resolved", async () => {
    const { service, faulty, other } = await start();
    service.node.set(11, "stuck-then-fails");
    service.node.set(12, "stuck-then-fails");
    await service.tap(faulty, 11, sat(2));
    await service.tap(other, 12, sat(2));
    service.node.finish();
    expect(await service.reconciler.run()).toMatchObject({ voided: 1, open: 1 });
    expect(await service.violations()).toEqual([]);
    await service.close();
  });

  it("sequences that are used up keep no other card's gap from being released", async () => {
    const { service, faulty } = await start(sat(20_000));
    const { db } = service.store;
    const card = cardKey(faulty.cardId);
    const last = 0xffff_ffffn;
    await db.updateTable("limits").set({ sequence: last }).where("card", "=", card).execute();
    await db.updateTable("accounts").set({ sequence: last }).where("card", "=", card).execute();
    service.clock.pass(DAY + 1);
    expect(await service.reconciler.run()).toMatchObject({ gaps: 1 });
    expect(await open(service)).toEqual([card]);
    await service.close();
  });

  it("money that went round is more than 21 million bitcoin, and is reported", async () => {
    await using service = await startService(bench, kind);
    const { store, clock } = service;
    const cards = [await service.card(1, msat(MAX_MSAT)), await service.card(2, msat(MAX_MSAT))];
    for (const { cardId } of cards) await cashOutCard(store, cardId, "", clock.now);
    const [{ cardId }] = cards as [SigningCard, SigningCard];
    await unblockCard(store, cardId, clock.now);
    await fundCard(store, cardId, sat(7), "", clock.now);
    const { books } = await spendingReport(store, { timeZone: "UTC" });
    expect(books).toMatchObject({ paidIn: 2n * MAX_MSAT + 7000n, paidOut: 2n * MAX_MSAT, left: 7000n });
  });

  it("a second card with the public key of another is refused, and nothing of it is kept", async () => {
    await using service = await startService(bench, kind);
    const card = await service.card(1);
    const twin = { ...new SigningCard(2, SEAL_KEY).registration(), publicKey: card.registration().publicKey };
    await expect(registerCard(service.store, twin, service.clock.now)).rejects.toMatchObject({
      code: "card-exists",
      message: expect.stringMatching(/has the public key of card cafe-0000-0000-0001/),
    });
    expect(await service.store.db.selectFrom("cards").select("card").execute()).toHaveLength(1);
  });
});

it("two cards with one public key that are registered at once are one card, on postgres", async () => {
  const location = await bench.location("postgres");
  const first = await bench.open("postgres", location);
  const second = await bench.open("postgres", location);
  const one = new SigningCard(1, SEAL_KEY).registration();
  const two = { ...new SigningCard(2, SEAL_KEY).registration(), publicKey: one.publicKey };
  // The policy is there: none waits for the other's.
  await registerCard(first, new SigningCard(9, SEAL_KEY).registration(), START);
  let [arrive, commit] = [() => {}, () => {}];
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const gate = new Promise<void>((resolve) => {
    commit = resolve;
  });
  // The first has done everything but its commit, which the second cannot see.
  const waiting: Store = {
    ...first,
    write: (work, options) =>
      first.write(async (tx) => {
        const done = await work(tx);
        arrive();
        await gate;
        return done;
      }, options),
  };
  const registered = registerCard(waiting, one, START);
  await arrived;
  let isOver = false;
  const refused = registerCard(second, two, START)
    .then(
      () => undefined,
      (error: unknown) => error,
    )
    .finally(() => {
      isOver = true;
    });
  const isBlocked = async () => {
    const { rows } = await sql<{ waiting: bigint }>`
      select count(*) as waiting from pg_locks where not granted and locktype = 'advisory'`.execute(
      second.db,
    );
    return isOver || rows[0]?.waiting !== 0n;
  };
  await expect.poll(isBlocked, { timeout: 20_000 }).toBe(true);
  commit();
  await registered;
  expect(await refused).toMatchObject({ code: "card-exists" });
  expect(await second.db.selectFrom("cards").select("card").execute()).toHaveLength(2);
  await first.close();
  await second.close();
});
