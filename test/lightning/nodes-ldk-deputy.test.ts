import { sha256 } from "@noble/hashes/sha2.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { msat, sat, secp256k1 } from "../../common/index.js";
import { decodeInvoice, signInvoice } from "../../lightning/bolt11/index.js";
import {
  type DeputyProfile,
  DeputyRecipient,
  deputyKeys,
  deriveTerminalKey,
  makeDeputyInvoice,
  readDeputyProfile,
  recomputeModern,
  writeDeputyProfile,
} from "../../lightning/dpp/index.js";
import {
  type DeputyPayment,
  deputyDecision,
  type LittleNetwork,
  startLittleNetwork,
} from "../../lightning/nodes/ldk/index.js";
import type { SettledInvoice } from "../../lightning/nodes/port.js";
import { newFolder } from "../../testing/hooks.js";

const master = new Uint8Array(32).fill(0x4d);
const keyId = Uint8Array.of(0, 0, 0, 7);
const revokedId = Uint8Array.of(0, 0, 0, 8);
const terminal = (id: Uint8Array) => ({
  name: "kiosk",
  keyId: id,
  terminalKey: deriveTerminalKey(master, id),
});

const asked: DeputyPayment[] = [];
const clock = { offset: 0 };
const directory = newFolder();
let network: LittleNetwork;
let profile: DeputyProfile;

async function start(): Promise<LittleNetwork> {
  const recipient = new DeputyRecipient({ recompute: recomputeModern(deputyKeys(master, [keyId])) });
  const decide = deputyDecision(recipient);
  return startLittleNetwork({
    router: true,
    directory,
    merchant: {
      now: () => Date.now() + clock.offset,
      deputy: (payment) => {
        asked.push(payment);
        return decide(payment);
      },
    },
  });
}

beforeAll(async () => {
  network = await start();
  profile = network.merchant.deputyProfile(terminal(keyId));
});
afterAll(async () => {
  await network.close();
});

const sell = (from = profile, amount = sat(500)) =>
  makeDeputyInvoice(from, { amount, description: "beer from the offline tap" });
const pay = (invoice: string) => network.payer.pay({ invoice, maxFee: sat(10) });

test("the profile can be written to a file and read again", () => {
  expect(readDeputyProfile(writeDeputyProfile(profile))).toEqual(profile);
});

test("a payer behind a routing node pays an invoice that the recipient's node never saw", async () => {
  const settled: SettledInvoice[] = [];
  const end = network.merchant.onInvoiceSettled((invoice) => settled.push(invoice));
  const { invoice, paymentHash } = sell();
  expect(await network.merchant.lookupInvoice(paymentHash)).toEqual({ state: "not-found" });
  const paid = await pay(invoice);
  if (paid.state !== "settled") throw new Error(`not settled: ${JSON.stringify(paid)}`);
  expect(sha256(paid.preimage)).toEqual(paymentHash);
  expect(settled).toMatchObject([{ paymentHash, preimage: paid.preimage, received: sat(500) }]);
  expect(await network.merchant.lookupInvoice(paymentHash)).toMatchObject({
    state: "settled",
    received: sat(500),
  });
  end();
});

test("a direct peer pays it too", async () => {
  const { invoice } = sell();
  const paid = await network.router?.pay({ invoice, maxFee: msat(0n) });
  expect(paid?.state).toBe("settled");
});

test("an invoice that was paid takes no second payment from anybody", async () => {
  const { invoice, paymentHash } = sell();
  expect((await pay(invoice)).state).toBe("settled");
  const before = asked.length;
  const again = await network.router?.pay({ invoice, maxFee: msat(0n) });
  expect(again).toMatchObject({ state: "failed" });
  expect(asked).toHaveLength(before);
  expect(await network.merchant.lookupInvoice(paymentHash)).toMatchObject({ received: sat(500) });
});

test("a revoked terminal's invoices are failed", async () => {
  const { invoice, paymentHash } = sell(network.merchant.deputyProfile(terminal(revokedId)));
  expect((await pay(invoice)).state).toBe("failed");
  expect(asked.at(-1)?.paymentHash).toEqual(paymentHash);
  expect(await network.merchant.lookupInvoice(paymentHash)).toEqual({ state: "not-found" });
});

test("an invoice that expired on the way is failed by the recipient's own clock", async () => {
  const { invoice } = sell();
  clock.offset = 601_000;
  try {
    expect((await pay(invoice)).state).toBe("failed");
  } finally {
    clock.offset = 0;
  }
  expect((await pay(invoice)).state).toBe("settled");
});

test("a payment secret that LDK did not sanction never reaches the decision", async () => {
  const scheme = profile.secretScheme;
  if (scheme.type !== "ldk-user-payment-hash") throw new Error("not LDK's scheme");
  const forged = { ...profile, secretScheme: { ...scheme, userPmtHashKey: new Uint8Array(32) } };
  const before = asked.length;
  expect((await pay(sell(forged).invoice)).state).toBe("failed");
  expect(asked).toHaveLength(before);
});

test.each([
  ["less than the invoice asks for", 499n, "failed"],
  ["a little more", 501n, "settled"],
  ["twice as much", 1000n, "settled"],
  ["more than twice as much", 1001n, "failed"],
] as const)("a payer who sends %s is treated as BOLT 4 says", async (_, amount, state) => {
  const sale = sell(profile, sat(500));
  // What a payer makes of its own will: the same hash, secret and metadata with another amount.
  const { network: prefix, timestamp, fields } = decodeInvoice(sale.invoice);
  const invoice = signInvoice({ network: prefix, timestamp, fields, amount: sat(amount) }, profile.payeeKey);
  expect((await pay(invoice)).state).toBe(state);
  expect(await network.merchant.lookupInvoice(sale.paymentHash)).toMatchObject(
    state === "settled" ? { state, received: sat(amount) } : { state: "not-found" },
  );
});

test("the recipient's node does not pay its own deputy", async () => {
  const paid = await network.merchant.pay({ invoice: sell().invoice, maxFee: sat(10) });
  expect(paid).toMatchObject({ state: "failed", reason: expect.stringContaining("own") });
});

test("the deputy is another payee than the node, reached through the node", async () => {
  const { nodeId } = await network.merchant.info();
  const { payee, routeHints } = decodeInvoice(sell().invoice);
  expect(payee).toEqual(secp256k1.publicKey(profile.payeeKey));
  expect(payee).not.toEqual(nodeId);
  for (const hint of routeHints)
    expect(hint.at(-1)).toMatchObject({ nodeId, feeBase: 0, feeProportional: 0 });
});

test("invoices made before a restart of the recipient's node are paid after it, and once", async () => {
  const [before, paidBefore] = [sell(), sell()];
  await pay(paidBefore.invoice);
  await network.close();
  network = await start();
  const { payeeKey, secretScheme } = profile;
  expect(network.merchant.deputyProfile(terminal(keyId))).toMatchObject({ payeeKey, secretScheme });
  expect((await pay(before.invoice)).state).toBe("settled");
  const again = await network.router?.pay({ invoice: paidBefore.invoice, maxFee: msat(0n) });
  expect(again).toMatchObject({ state: "failed" });
});
