import { join } from "node:path";
import { expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { PaymentReceiver } from "../../lightning/api/index.js";
import { LdkNode, startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { testCard } from "../../testing/cards/test-card.js";
import { newFolder } from "../../testing/hooks.js";
import { testIssuer } from "../../testing/issuer/desk.js";
import { testMerchant, uriOf } from "../../testing/merchant.js";

/** Longer than the test may take: the sale is not settled by the time running out. */
const FOR_EVER_MS = 3_600_000;

it("an issuer that ends before it has reserved anything is asked again as soon as it is back", async () => {
  const directory = newFolder();
  const network = await startLittleNetwork({ directory });
  const { merchant, payer, chain } = network;
  const card = testCard({ nodeUri: await uriOf(payer) });
  const sender = { answerTimeoutMs: FOR_EVER_MS };
  const { terminal, close } = await testMerchant(merchant, card.reader, { sender });
  const next: { node?: LdkNode; issuer?: Awaited<ReturnType<typeof testIssuer>> } = {};
  const notices: string[] = [];
  let asked = 0;
  new PaymentReceiver(payer, {
    async initiatePayment() {
      asked++;
      await payer.close();
      return await new Promise<never>(() => {});
    },
    cardStatus: async () => undefined,
  });
  const sale = await terminal.charge(
    { amount: sat(2500), description: "beer" },
    {
      onNotice: async (sentence) => {
        notices.push(sentence);
        next.node = await LdkNode.start({ network: "bcrt", chain, file: join(directory, "payer.db") });
        next.issuer = await testIssuer(next.node, [{ card }]);
      },
    },
  );
  expect(asked).toBe(1);
  expect(notices).toHaveLength(1);
  expect(notices[0]).toMatch(
    /^Not confirmed yet: do not charge again.*was asked and cannot be reached any more/,
  );
  expect(sale).toMatchObject({ state: "paid", received: sat(2500) });
  expect(await next.issuer?.account(card)).toMatchObject({ spent: sat(2500) });
  expect(await next.issuer?.violations()).toEqual([]);
  close();
  await next.issuer?.close();
  await next.node?.close();
  await network.close();
});
