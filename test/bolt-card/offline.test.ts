import { expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { Outages, SaleStore } from "../../host/index.js";
import { askBoltCard } from "../../host/terminal/bolt-card-sale.js";
import type { OfflineDesk } from "../../host/terminal/offline-desk.js";

/** A sale, and what askBoltCard needs of a terminal; any look-up of a name fails the test. */
function parts(invoiceOf: "node" | "deputy", outages?: Outages) {
  const store = new SaleStore(":memory:");
  const sale = store.create({
    ...{ amount: sat(1), description: "beer", fiat: undefined, invoice: "lnbcrt1", invoiceOf },
    ...{ paymentHash: new Uint8Array(32), createdAt: 1, expiresAt: 600 },
  });
  const resolve = async () => {
    throw new RangeError("asked for");
  };
  const fail = async () => {
    throw new RangeError("not reached");
  };
  return {
    parts: { store, ...(outages ? { offline: { outages } as OfflineDesk } : {}) },
    rules: { network: "bcrt" as const, resolve },
    ends: { now: () => 0, settledBefore: fail, cancel: fail, notAccepted: () => undefined },
    ...{ sale, display: {}, signal: new AbortController().signal },
  };
}

it("a Bolt Card is not asked without a connection: not for a deputy's invoice, not while the own node is away", async () => {
  const away = new Outages();
  away.setOwnNode(true);
  const address = "lnurlw://cards.example/ln?p=00&c=00";
  for (const given of [parts("deputy"), parts("node", away)]) {
    await expect(askBoltCard(given, address)).rejects.toThrow(/a Bolt Card cannot be accepted without one/);
    expect(given.parts.store.wasBoltCardAsked(given.sale.number)).toBe(false);
  }
  // With a connection the name of its server is looked up.
  await expect(askBoltCard(parts("node", new Outages()), address)).rejects.toThrow(/cannot be reached/);
});
