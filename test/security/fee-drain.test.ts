import { afterAll, expect, it } from "vitest";
import { type Msat, msat, sat } from "../../common/index.js";
import { openSqlite } from "../../issuer/store/index.js";
import { REASON } from "../../lightning/api/reasons.js";
import { startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { Bench, Service, TestClock } from "../../testing/issuer/service.js";
import { ScriptedNode } from "../../testing/nodes/scripted-node.js";

const bench = new Bench();
afterAll(() => bench.close());

/** The highest that the shipped policy allows for 1 sat: 1 sat and 0.5 %. */
const HIGHEST = { base: 1000, proportional: 5000 };

it("a cardholder who is the payee and the only route takes no more fees of a real node than the card's budget", async () => {
  const network = await startLittleNetwork({ router: true, routing: { forwardingFees: HIGHEST } });
  const clock = new TestClock();
  clock.now = Date.now();
  const { nodeId } = await network.payer.info();
  const store = await openSqlite({ path: await bench.location("sqlite"), background: true });
  const nobody = new ScriptedNode(clock.read);
  const service = new Service(store, nobody, clock, await bench.keys(), {}, { nodeId, node: network.payer });
  try {
    const card = await service.card(1, sat(30), { maxFeesPer24h: "4sat" });
    const outbound = async () => (await network.payer.info()).outbound;
    const before = await outbound();
    const tap = async (amount: Msat) => {
      const request = { amount, description: "drain", expirySeconds: 600 };
      const { invoice } = await network.merchant.createInvoice(request);
      const answer = await service.present(card.authorize(invoice, amount), invoice);
      if (answer.cardUpdate) card.update(answer.cardUpdate);
      return answer.reason;
    };
    for (let i = 0; i < 5; i++) expect(await tap(msat(1n))).toBe(REASON.BELOW_MIN_PER_TRANSACTION);
    const reasons = [];
    for (let i = 0; i < 6; i++) reasons.push(await tap(sat(1)));
    const { FEE_TOO_HIGH } = REASON;
    expect(reasons).toEqual([undefined, undefined, undefined, FEE_TOO_HIGH, FEE_TOO_HIGH, FEE_TOO_HIGH]);
    // Three payments of 1 sat, each with a fee of 1,005 msat.
    await expect.poll(async () => before - (await outbound())).toBe(sat(3) + 3015n);
    expect(await service.violations()).toEqual([]);
  } finally {
    await service.close();
    await network.close();
  }
});
