import { join } from "node:path";
import { expect, it } from "vitest";
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
import { newFolder } from "../../testing/hooks.js";
import { startLdkOnBtcd } from "../../testing/lnd/ldk-on-btcd.js";
import { DEPUTY_FLAGS } from "../../testing/lnd/lnd.js";
import { oldestLnd, programOf } from "../../testing/lnd/programs.js";

const MASTER = new Uint8Array(32).fill(0x4d);
const KEY_ID = Uint8Array.of(0, 0, 0, 7);
const TERMINAL = { name: "tap", keyId: KEY_ID, terminalKey: deriveTerminalKey(MASTER, KEY_ID) };

it("the oldest lnd pays, takes no deputies, and keeps a payment that is in flight while it is upgraded", async () => {
  const folder = newFolder();
  const keys = deputyKeys(MASTER, [KEY_ID]);
  const decide = deputyDecision(new DeputyRecipient({ recompute: recomputeModern(keys) }));
  let onArrival = () => {};
  const network = await startLdkOnBtcd({
    program: oldestLnd(),
    flags: DEPUTY_FLAGS,
    ldk: {
      deputy: (payment) => {
        onArrival();
        return decide(payment);
      },
    },
  });
  const { lnd, ldk } = network;
  const paid = new PaidFile(join(folder, "paid.db"));
  const options = { ...lnd.access, network: "bcrt", record: join(folder, "payments.db") } as const;
  const deputy = { deputyKey: new Uint8Array(32).fill(0x22), keys, paid };
  const bill = () =>
    makeDeputyInvoice(ldk.deputyProfile(TERMINAL), { amount: sat(300), description: "beer" });
  const node = await LndNode.start(options);
  try {
    expect(node.facts.version).toMatch(/^0\.19\./);
    expect(await node.pay({ invoice: bill().invoice, maxFee: sat(1) })).toMatchObject({ state: "settled" });
    const refused = await LndNode.start({ ...options, record: undefined, deputy }).catch(
      (error: Error) => error,
    );
    expect(refused).toMatchObject({
      message: expect.stringMatching(/0\.19.*need at least 0\.21\.1.*deputies/),
    });

    const { invoice, paymentHash } = bill();
    const stopped = new Promise<void>((resolve) => {
      onArrival = () => resolve(lnd.stop("SIGKILL"));
    });
    const paying = node.pay({ invoice, maxFee: sat(1), timeoutMs: 5_000 }).catch(() => undefined);
    await stopped;
    onArrival = () => {};
    await paying;
    await lnd.launch({ program: programOf("lnd") });
    await expect
      .poll(() => node.pay({ invoice, maxFee: sat(1) }).catch(() => undefined))
      .toMatchObject({ state: "settled" });
    expect(await ldk.lookupInvoice(paymentHash)).toMatchObject({ state: "settled", received: sat(300) });
  } finally {
    await node.close();
  }
  const newer = await LndNode.start({ ...options, deputy });
  try {
    expect(newer.facts.version).toMatch(/^0\.21\./);
    const { invoice } = makeDeputyInvoice(await newer.deputyProfile(TERMINAL), {
      amount: sat(200),
      description: "beer",
    });
    expect(await ldk.pay({ invoice, maxFee: sat(1) })).toMatchObject({ state: "settled" });
  } finally {
    await newer.close();
    paid.end();
    await network.stop();
  }
});
