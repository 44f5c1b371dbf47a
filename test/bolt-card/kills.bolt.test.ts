import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { SaleStore } from "../../host/index.js";
import { type LittleNetwork, startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { createCardFile } from "../../simulator/index.js";
import { startForeignServer } from "../../testing/bolt-card/foreign-server.js";
import type { Whim } from "../../testing/bolt-card/foreign-server-process.js";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";
import { Caller, serve } from "../../testing/processes/channel.js";
import { start } from "../../testing/processes/links.js";
import { nodeTargets, tellEvents } from "../../testing/processes/remote-node.js";
import type { ChildOrder } from "./terminal-child.js";

let network: LittleNetwork;
let serverProgram: string;
let terminalProgram: string;
const folder = newFolder("memory");
beforeAll(async () => {
  network = await startLittleNetwork();
  serverProgram = await buildProgram("testing/bolt-card/foreign-server-process.ts");
  terminalProgram = await buildProgram("test/bolt-card/terminal-child.ts");
});
afterAll(() => network?.close());

const pay = async (invoice: string): Promise<boolean> =>
  (await network.payer.pay({ invoice, maxFee: sat(10) })).state === "settled";

/** Runs a terminal to its end, or until it is killed. @param started gets how to kill it */
async function terminal(order: ChildOrder, started: (kill: () => void) => void = () => undefined) {
  const process = start(terminalProgram, order);
  serve(process.link, nodeTargets(network.merchant));
  const notices: string[] = [];
  new Caller(process.link).on<string>("notice", (sentence) => notices.push(sentence));
  const stopTelling = tellEvents(network.merchant, process.link);
  started(() => process.child.kill("SIGKILL"));
  await process.ended;
  stopTelling();
  return { notices, signal: process.child.signalCode };
}

let shops = 0;
async function shop(whim?: Whim) {
  const server = await startForeignServer(serverProgram, pay, whim ? { whim } : {});
  const name = join(folder, `shop-${++shops}`);
  const card = `${name}.json`;
  createCardFile(card, server.card());
  return { server, card, sales: `${name}.db` };
}
/** The one sale of a file, as another program would read it. */
function saleIn(path: string) {
  const store = new SaleStore(path);
  const [sale] = store.between(0, Number.MAX_SAFE_INTEGER);
  store.close();
  return sale;
}

it.each(["before it is durable", "before it is asked"] as const)(
  "a terminal that is killed %s asks no Bolt Card's server, not after a restart either",
  async (kill) => {
    const { server, card, sales } = await shop();
    expect((await terminal({ sales, card, kill })).signal).toBe("SIGKILL");
    expect(saleIn(sales)?.state).toBe("open");
    const { notices } = await terminal({ sales });
    expect(notices.join()).toMatch(kill === "before it is asked" ? /not asked again/ : /^$/);
    expect(saleIn(sales)?.state).toBe("cancelled");
    expect(server.offers()).toEqual([1]);
    expect(server.calls()).toEqual([]);
    await server.stop();
  },
);

it("a terminal that is killed while a Bolt Card's server is asked does not ask again, and cancels what is not paid", async () => {
  const { server, card, sales } = await shop("says yes and does not pay");
  const { signal } = await terminal({ sales, card }, (kill) => {
    void expect.poll(server.calls).toHaveLength(1).then(kill);
  });
  expect(signal).toBe("SIGKILL");
  const { notices } = await terminal({ sales });
  expect(notices[0]).toMatch(/not asked again/);
  const sale = saleIn(sales);
  expect(sale?.state).toBe("cancelled");
  expect(server.calls()).toHaveLength(1);
  // Whatever the server does now: there is nothing to pay any more.
  expect(await pay(sale?.invoice ?? "")).toBe(false);
  await server.stop();
});

it("a terminal that was killed finds a sale paid that a Bolt Card's server paid meanwhile, once", async () => {
  const { server, card, sales } = await shop("pays and never answers the callback");
  await terminal({ sales, card }, (kill) => {
    void expect.poll(server.calls).toHaveLength(1).then(kill);
  });
  const left = saleIn(sales);
  if (!left) throw new Error("no sale");
  await expect
    .poll(async () => (await network.merchant.lookupInvoice(left.paymentHash)).state)
    .toBe("settled");
  await terminal({ sales });
  expect(saleIn(sales)).toMatchObject({ state: "paid", received: sat(100) });
  expect(server.calls()).toHaveLength(1);
  const found = await network.merchant.lookupInvoice(left.paymentHash);
  expect(found).toMatchObject({ state: "settled", received: sat(100) });
  await server.stop();
});
