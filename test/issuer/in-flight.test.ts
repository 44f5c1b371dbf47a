import { afterAll, describe, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { REASON } from "../../lightning/api/reasons.js";
import { Bench, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

const accepted = { outcome: "accepted" };
const busy = { outcome: "rejected", reason: REASON.BUSY };
/** Invoices of as many payees as a stranger likes to have. */
const payee = (number: number) => ({ payeeSecret: new Uint8Array(32).fill(0x60 + number) });

describe.each(["sqlite", "postgres"] as const)("payments in flight on %s", (kind) => {
  it("one card whose payments hang holds three places, and every other card pays", async () => {
    await using service = await startService(bench, kind, { payTimeoutMs: 10 });
    const attacker = await service.card(1, sat(100));
    const honest = await service.card(2);
    for (let i = 1; i <= 20; i++) {
      service.node.set(i, "stuck");
      const invoice = service.invoice(i, sat(1), payee(i % 5));
      const answer = await service.present(attacker.authorize(invoice, sat(1)), invoice);
      expect(answer).toMatchObject(i <= 3 ? accepted : busy);
    }
    expect(await service.store.db.selectFrom("leases").select("counter").execute()).toHaveLength(3);
    expect(await service.tap(honest, 50, sat(100))).toEqual(expect.objectContaining(accepted));
    expect(service.node.sent.size).toBe(1);
    // A place that is free again serves the token that was refused for now.
    service.node.finish();
    await service.reconciler.run();
  });

  it("cards with payments in flight leave the kept places to cards that have none", async () => {
    const config = { maxInFlight: 8, maxInFlightPerPayee: 8, keptPlacesPercent: 25, payTimeoutMs: 10 };
    await using service = await startService(bench, kind, config);
    service.node.behaviour = "stuck";
    const crowd = [await service.card(1), await service.card(2), await service.card(3)];
    let serial = 0;
    for (let round = 0; round < 2; round++)
      for (const card of crowd) expect(await service.tap(card, ++serial, sat(1))).toMatchObject(accepted);
    for (const card of crowd) expect(await service.tap(card, ++serial, sat(1))).toMatchObject(busy);
    for (const number of [11, 12])
      expect(await service.tap(await service.card(number), ++serial, sat(1))).toMatchObject(accepted);
    expect(await service.tap(await service.card(13), ++serial, sat(1))).toMatchObject(busy);
  });

  it("no more payments are in flight than the node's channels take", async () => {
    let slots: number | undefined = 2;
    const config = { keptPlacesPercent: 0, payTimeoutMs: 10 };
    await using service = await startService(bench, kind, config, { htlcSlots: () => slots });
    service.node.behaviour = "stuck";
    const cards = [await service.card(1), await service.card(2), await service.card(3)];
    const answers = [];
    for (const [i, card] of cards.entries()) answers.push(await service.tap(card, i + 1, sat(1)));
    expect(answers).toMatchObject([accepted, accepted, busy]);
    slots = 3;
    const { token, invoice } = answers[2] as (typeof answers)[number];
    expect(await service.present(token, invoice)).toMatchObject(accepted);
  });
});
