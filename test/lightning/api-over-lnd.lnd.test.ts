import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import {
  DeputyRecipient,
  deputyKeys,
  deriveTerminalKey,
  makeDeputyInvoice,
  PaidFile,
  recomputeModern,
} from "../../lightning/dpp/index.js";
import { deputyDecision } from "../../lightning/nodes/ldk/index.js";
import { LndNode } from "../../lightning/nodes/lnd/node.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import { testCard } from "../../testing/cards/test-card.js";
import { newFolder } from "../../testing/hooks.js";
import { testIssuer } from "../../testing/issuer/desk.js";
import { type LdkOnBtcd, startLdkOnBtcd } from "../../testing/lnd/ldk-on-btcd.js";
import { DEPUTY_FLAGS } from "../../testing/lnd/lnd.js";
import { testMerchant, uriOf } from "../../testing/merchant.js";
import { crossAllMessages } from "./all-messages.js";

const MASTER = new Uint8Array(32).fill(0x4d);
const KEY_ID = Uint8Array.of(0, 0, 0, 7);
const TERMINAL = { name: "tap", keyId: KEY_ID, terminalKey: deriveTerminalKey(MASTER, KEY_ID) };

let network: LdkOnBtcd;
let lnd: LndNode;
let paid: PaidFile;
beforeAll(async () => {
  const recipient = new DeputyRecipient({ recompute: recomputeModern(deputyKeys(MASTER, [KEY_ID])) });
  network = await startLdkOnBtcd({ ldk: { deputy: deputyDecision(recipient) }, flags: DEPUTY_FLAGS });
  const folder = newFolder();
  paid = new PaidFile(join(folder, "paid.db"));
  lnd = await LndNode.start({
    ...network.lnd.access,
    network: "bcrt",
    record: join(folder, "payments.db"),
    deputy: { deputyKey: new Uint8Array(32).fill(0x22), keys: deputyKeys(MASTER, [KEY_ID]), paid },
  });
});
afterAll(async () => {
  await lnd.close();
  paid.end();
  await network.stop();
});

/** A card is tapped at a merchant's terminal, its issuer's node pays. */
async function sell(merchant: LightningNode, payer: LightningNode): Promise<void> {
  const card = testCard({ nodeUri: await uriOf(payer) });
  const issuer = await testIssuer(payer, [{ card }]);
  const { terminal, close } = await testMerchant(merchant, card.reader);
  try {
    const sale = await terminal.charge({ amount: sat(2500), description: "beer" });
    expect(sale).toMatchObject({ state: "paid", received: sat(2500) });
    expect(await issuer.account(card)).toMatchObject({ spent: sat(2500) });
    expect(await issuer.violations()).toEqual([]);
  } finally {
    close();
    await issuer.close();
  }
}

it("lnd pays LDK and LDK pays lnd, on btcd's chain", async () => {
  const { ldk } = network;
  for (const [payee, payer] of [
    [ldk, lnd],
    [lnd, ldk],
  ] as const) {
    const request = { amount: sat(1000), description: "beer", expirySeconds: 600 };
    const { invoice, paymentHash } = await payee.createInvoice(request);
    expect(await payer.pay({ invoice, maxFee: sat(1) })).toMatchObject({ state: "settled", fee: 0n });
    expect(await payee.lookupInvoice(paymentHash)).toMatchObject({ state: "settled", received: sat(1000) });
  }
  expect((await ldk.info()).blockHeight).toBe(await network.btcd.height());
});

it("all messages of the API cross between a merchant on LDK and a payer on lnd", () =>
  crossAllMessages(network.ldk, lnd));

it("all messages of the API cross between a merchant on lnd and a payer on LDK", () =>
  crossAllMessages(lnd, network.ldk));

it("a card tapped at a terminal on LDK is paid by its issuer's lnd", () => sell(network.ldk, lnd));

it("a card tapped at a terminal on lnd is paid by its issuer's LDK node", () => sell(lnd, network.ldk));

it("a deputy's invoice is paid by the other implementation, both ways", async () => {
  const { ldk } = network;
  for (const [recipient, payer] of [
    [ldk, lnd],
    [lnd, ldk],
  ] as const) {
    const profile = await recipient.deputyProfile(TERMINAL);
    const { invoice, paymentHash } = makeDeputyInvoice(profile, { amount: sat(300), description: "beer" });
    expect(await payer.pay({ invoice, maxFee: sat(1) })).toMatchObject({ state: "settled" });
    const settled = { state: "settled", received: sat(300) };
    await expect.poll(() => recipient.lookupInvoice(paymentHash)).toMatchObject(settled);
  }
});
