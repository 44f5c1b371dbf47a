import { expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { testCard } from "../../testing/cards/test-card.js";
import { testIssuer } from "../../testing/issuer/desk.js";
import { testMerchant, uriOf } from "../../testing/merchant.js";

it("a card sale is paid over a routing node between the issuer's node and the merchant's", async () => {
  const network = await startLittleNetwork({ router: true });
  const card = testCard({ nodeUri: await uriOf(network.payer) });
  const issuer = await testIssuer(network.payer, [{ card }]);
  const { terminal, close } = await testMerchant(network.merchant, card.reader);
  try {
    expect(network.payer.hasChannel((await network.merchant.info()).nodeId)).toBe(false);
    const sale = await terminal.charge({ amount: sat(2500), description: "beer" });
    expect(sale).toMatchObject({ state: "paid", received: sat(2500) });
    expect(await issuer.account(card)).toMatchObject({ spent: sat(2500) });
    expect(await issuer.violations()).toEqual([]);
  } finally {
    close();
    await issuer.close();
    await network.close();
  }
});
