import { expect, it } from "vitest";
import { bytesToHex, sat } from "../../common/index.js";
import { SaleStore, Terminal } from "../../host/index.js";
import { openPaymentSender } from "../../lightning/api/index.js";
import { startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { festivalCard } from "../../testing/cards/test-card.js";
import { openIssuer } from "../../testing/issuer/desk.js";

it("a card sale is paid over a routing node between the issuer's node and the merchant's", async () => {
  const network = await startLittleNetwork({ router: true });
  const { nodeId, addresses } = await network.payer.info();
  const card = festivalCard({ nodeUri: `${bytesToHex(nodeId)}@${addresses[0]}` });
  const issuer = await openIssuer(network.payer, [{ card }]);
  const store = new SaleStore(":memory:");
  const sender = await openPaymentSender(network.merchant, store);
  try {
    expect(network.payer.hasChannel((await network.merchant.info()).nodeId)).toBe(false);
    const terminal = new Terminal({ node: network.merchant, sender, store, reader: card.reader });
    const sale = await terminal.charge({ amount: sat(2500), description: "beer" });
    expect(sale).toMatchObject({ state: "paid", received: sat(2500) });
    expect(await issuer.account(card)).toMatchObject({ spent: sat(2500) });
    expect(await issuer.violations()).toEqual([]);
  } finally {
    sender.close();
    store.close();
    await issuer.close();
    await network.close();
  }
});
