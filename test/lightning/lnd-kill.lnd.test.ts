import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import {
  DeputyRecipient,
  deputyKeys,
  deriveTerminalKey,
  makeDeputyInvoice,
  recomputeModern,
} from "../../lightning/dpp/index.js";
import { deputyDecision } from "../../lightning/nodes/ldk/index.js";
import { LndNode } from "../../lightning/nodes/lnd/node.js";
import { newFolder } from "../../testing/hooks.js";
import { type LdkOnBtcd, startLdkOnBtcd } from "../../testing/lnd/ldk-on-btcd.js";

const MASTER = new Uint8Array(32).fill(0x4d);
const KEY_ID = Uint8Array.of(0, 0, 0, 7);

let network: LdkOnBtcd;
let onArrival = () => {};
beforeAll(async () => {
  const decide = deputyDecision(
    new DeputyRecipient({ recompute: recomputeModern(deputyKeys(MASTER, [KEY_ID])) }),
  );
  network = await startLdkOnBtcd({
    ldk: {
      deputy: (payment) => {
        onArrival();
        return decide(payment);
      },
    },
  });
});
afterAll(() => network.stop());

it("a payment whose HTLC is with the payee when lnd is killed is paid once, and known as paid afterwards", async () => {
  const { lnd, ldk } = network;
  const record = join(newFolder(), "payments.db");
  const node = await LndNode.start({ ...lnd.access, network: "bcrt", record });
  try {
    const terminalKey = deriveTerminalKey(MASTER, KEY_ID);
    const profile = ldk.deputyProfile({ name: "tap", keyId: KEY_ID, terminalKey });
    const { invoice, paymentHash } = makeDeputyInvoice(profile, { amount: sat(300), description: "beer" });
    let arrivals = 0;
    const killed = new Promise<void>((resolve) => {
      onArrival = () => {
        arrivals++;
        resolve(lnd.stop("SIGKILL"));
      };
    });
    const paying = node.pay({ invoice, maxFee: sat(1), timeoutMs: 5_000 });
    await killed;
    // Whatever is said while lnd is away, it is never that nothing was paid.
    const said = await paying.catch(() => ({ state: "unknown" }));
    expect(said.state).not.toBe("failed");
    await lnd.launch();
    await expect
      .poll(() => node.pay({ invoice, maxFee: sat(1) }).catch(() => undefined))
      .toMatchObject({ state: "settled" });
    expect(await node.lookupPayment(paymentHash)).toMatchObject({ state: "settled" });
    expect(await ldk.lookupInvoice(paymentHash)).toMatchObject({ state: "settled", received: sat(300) });
    expect(arrivals).toBe(1);
  } finally {
    onArrival = () => {};
    await node.close();
  }
});
