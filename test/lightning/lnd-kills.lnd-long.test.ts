import { randomInt } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { LndNode } from "../../lightning/nodes/lnd/node.js";
import type { PaymentState } from "../../lightning/nodes/port.js";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";
import { Btcd } from "../../testing/lnd/btcd.js";
import { type LdkOnBtcd, startLdkOnBtcd } from "../../testing/lnd/ldk-on-btcd.js";
import { LdkPayee } from "../../testing/lnd/ldk-payee.js";
import { runProgram } from "../../testing/programs.js";

/** Kills of each program. */
const KILLS = Number.parseInt(process.env.CHEQUECARD_LND_KILLS ?? "20", 10);
/** Milliseconds that a payment takes at most where nothing is killed: a kill comes at any moment of it. */
const PAYMENT_MS = 400;
/** Blocks until no HTLC of a payment can exist any more; the embedded node wants 40 and more for the last hop. */
const BLOCKS = 200;

let network: LdkOnBtcd;
let payee: LdkPayee;
let program: string;
const record = join(newFolder(), "payments.db");
beforeAll(async () => {
  network = await startLdkOnBtcd({});
  payee = new LdkPayee(network);
  program = await buildProgram("test/lightning/lnd-payer-program.ts");
});
afterAll(() => network.stop());

const attach = () =>
  LndNode.start({
    ...{ ...network.lnd.access, network: "bcrt", record },
    lostPayments: { blocksBeyond: 1, lookAgainMs: 1_000 },
  });

/** How a payment ends, asked until it is certain; a payment without an HTLC that lnd never ends needs its blocks. */
async function endOf(invoice: string): Promise<PaymentState["state"]> {
  const node = await attach();
  try {
    for (let round = 0; ; round++) {
      const said = await node
        .pay({ invoice, maxFee: sat(1), timeoutMs: 4_000 })
        .catch(() => ({ state: "unknown" }) as const);
      if (said.state !== "unknown") return said.state;
      if (round === 3) await network.btcd.mine(BLOCKS);
      expect(round).toBeLessThan(20);
    }
  } finally {
    await node.close();
  }
}

const moment = () => sleep(randomInt(PAYMENT_MS));

it("lnd killed at any moment of a payment never makes it twice, and every payment comes to an end", async () => {
  const { lnd } = network;
  for (let i = 0; i < KILLS; i++) {
    const { invoice, paymentHash } = await payee.bill();
    const node = await attach();
    const paying = node.pay({ invoice, maxFee: sat(1), timeoutMs: 4_000 }).catch(() => undefined);
    await moment();
    await lnd.stop("SIGKILL");
    await paying;
    await node.close();
    await lnd.launch();
    payee.note(paymentHash, await endOf(invoice));
  }
  expect(await payee.contradictions()).toEqual([]);
});

it("our program killed at any moment of a payment never makes it twice, and finds it again", async () => {
  for (let i = 0; i < KILLS; i++) {
    const { invoice, paymentHash } = await payee.bill();
    const running = runProgram(program, [JSON.stringify(network.lnd.access), invoice, record]);
    await running.line(1);
    await moment();
    await running.end("SIGKILL");
    payee.note(paymentHash, await endOf(invoice));
  }
  expect(await payee.contradictions()).toEqual([]);
});

it("btcd killed at any moment of a payment stops none", async () => {
  const { btcd } = network;
  const height = await btcd.height();
  const keeper = await Btcd.startFollowing(join(newFolder(), "keeper"), btcd);
  for (let i = 0; i < KILLS; i++) {
    const { invoice, paymentHash } = await payee.bill();
    const node = await attach();
    const paying = node.pay({ invoice, maxFee: sat(1), timeoutMs: 10_000 });
    await moment();
    await btcd.stop("SIGKILL");
    const said = await paying;
    await btcd.launch();
    await btcd.untilAt(height);
    payee.note(paymentHash, said.state);
    await node.close();
    await network.lnd.untilSynced();
  }
  await keeper.stop();
  expect(await payee.contradictions()).toEqual([]);
});
