import { afterAll, describe, expect, it } from "vitest";
import { msat, sat } from "../../common/index.js";
import type { PaymentLookup, PaymentState } from "../../lightning/nodes/port.js";
import { Bench, Service, START, TestClock } from "../../testing/issuer/service.js";
import { preimageOf, ScriptedNode } from "../../testing/nodes/scripted-node.js";

const bench = new Bench();
afterAll(() => bench.close());

/** A node that says "settled" and shows the preimage of another invoice. */
class LyingNode extends ScriptedNode {
  lies = true;

  override async pay(request: Parameters<ScriptedNode["pay"]>[0]): Promise<PaymentState> {
    return (await this.#told(await super.pay(request))) as PaymentState;
  }

  override async lookupPayment(paymentHash: Uint8Array): Promise<PaymentLookup> {
    return await this.#told(await super.lookupPayment(paymentHash));
  }

  async #told(state: PaymentLookup): Promise<PaymentLookup> {
    return this.lies && state.state === "settled" ? { ...state, preimage: preimageOf(99) } : state;
  }
}

describe.each(["sqlite", "postgres"] as const)("a node that lies, on %s", (kind) => {
  it("settles nothing with a preimage that proves nothing; the money stays reserved until it is proven", async () => {
    const clock = new TestClock();
    const node = new LyingNode(clock.read);
    const store = await bench.open(kind, await bench.location(kind));
    const service = new Service(store, node, clock, await bench.keys());
    const card = await service.card(1);
    expect(await service.tap(card, 1, sat(100))).toMatchObject({ outcome: "accepted" });
    const row = () => store.db.selectFrom("authorizations").selectAll().executeTakeFirstOrThrow();
    expect(await row()).toMatchObject({ state: "reserved", preimage: null });
    for (const later of [1, 10_000, 90 * 24 * 3_600_000]) {
      clock.now = START + later;
      expect(await service.reconciler.run()).toMatchObject({ settled: 0, voided: 0, open: 1 });
      expect(await row()).toMatchObject({ state: "reserved", preimage: null });
      expect(await service.violations()).toEqual([]);
    }
    node.lies = false;
    expect(await service.reconciler.run()).toMatchObject({ settled: 1 });
    expect(await row()).toMatchObject({ state: "settled", fee: msat(1000n) });
    expect(await service.violations()).toEqual([]);
    await service.close();
  });
});
