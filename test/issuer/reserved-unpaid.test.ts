import { afterAll, describe, expect, it } from "vitest";
import { sat, utf8 } from "../../common/index.js";
import { fundCard } from "../../issuer/ledger/index.js";
import { initiate } from "../../testing/issuer/replies.js";
import { Bench, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
afterAll(() => bench.close());

describe.each(["sqlite", "postgres"] as const)("reserved and not yet paid, on %s", (kind) => {
  it("is the request's own: the reconciler neither pays nor releases it meanwhile", async () => {
    await using service = await startService(bench, kind);
    const card = await service.card(1);
    await fundCard(service.store, card.cardId, sat(5000), "cash", service.clock.now);
    const invoice = service.invoice(1, sat(1000));
    service.node.set(1, "fail");
    const rounds: unknown[] = [];
    const outcome = await initiate(
      service.authorizer,
      { token: card.authorize(invoice, sat(1000)), invoice: utf8(invoice) },
      // The update is on its way to the card: reserved is durable, the node was not asked yet.
      async () => {
        rounds.push(await service.reconciler.run());
        service.node.set(1, "settle");
      },
    );
    expect(rounds).toMatchObject([{ settled: 0, voided: 0, open: 1 }]);
    expect(outcome).toMatchObject({ outcome: "accepted" });
    expect(service.node.calls).toBe(1);
    const states = await service.store.db.selectFrom("authorizations").select("state").execute();
    expect([states, service.node.sent.size]).toEqual([[{ state: "settled" }], 1]);
  });
});
