import { afterAll, describe, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { REASON } from "../../lightning/api/reasons.js";
import { Bench, startService } from "./service.js";

const bench = new Bench();
afterAll(() => bench.close());

describe.each(["sqlite", "postgres"] as const)("authorizer on %s", (kind) => {
  it("pays once", async () => {
    const service = await startService(bench, kind);
    const card = await service.card(1);
    expect(await service.tap(card, 1, sat(1000))).toMatchObject({ outcome: "accepted" });
    service.node.set(2, "fail");
    const r = await service.tap(card, 2, sat(1000));
    expect(r).toMatchObject({ outcome: "rejected", reason: REASON.PAYMENT_FAILED });
    expect(r.cardUpdate).toHaveLength(149);
    expect(card.credit).toBe(sat(21_000));
    expect(await service.violations()).toEqual([]);
    await service.close();
  });
});
