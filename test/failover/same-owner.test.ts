import { afterAll, beforeAll, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { Bench, startService } from "../../testing/issuer/service.js";
import { IssuerChild } from "../../testing/processes/issuer-child.js";

const bench = new Bench();
let program: string;
beforeAll(async () => {
  program = await buildProgram("testing/processes/issuer-process.ts");
});
afterAll(() => bench.close());

/**
 * The invoice failed once before, so the node still says "failed" until it hears of the new attempt. A service that
 * took the other's lease for its own would void the counter now, and the node would pay it.
 */
it.each(["sqlite", "postgres"] as const)(
  "two service processes of one node on %s: neither voids what the other is paying",
  async (kind) => {
    const location = await bench.location(kind);
    const service = await startService(bench, kind, {}, {}, location);
    const { node } = service;
    const { path: keyFile } = await bench.keys();
    const setup = { kind, location, keyFile };
    const first = await IssuerChild.start(program, setup, node);
    const second = await IssuerChild.start(program, setup, node);
    try {
      const [unlucky, card] = [await service.card(1), await service.card(2)];
      const invoice = service.invoice(1, sat(10));
      node.set(1, "fail");
      const failed = await first.present(unlucky.authorize(invoice, sat(10)), invoice);
      expect(failed).toMatchObject({ outcome: "rejected" });

      node.set(1, "settle");
      let send = () => {};
      node.delay = () =>
        new Promise((resolve) => {
          send = resolve;
        });
      const { calls } = node;
      const answer = first.present(card.authorize(invoice, sat(10)), invoice);
      await expect.poll(() => node.calls).toBe(calls + 1);
      expect(await second.reconcile()).toMatchObject({ settled: 0, voided: 0, open: 0 });
      send();
      expect(await answer).toMatchObject({ outcome: "accepted" });
      const rows = await service.store.db.selectFrom("authorizations").select("state").execute();
      expect(rows.map(({ state }) => state).sort()).toEqual(["settled", "void"]);
      expect([...node.sent.values()]).toEqual([1]);
      expect(await service.violations()).toEqual([]);
    } finally {
      await first.stop();
      await second.stop();
      await service.close();
    }
  },
);
