import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { sat } from "../../common/index.js";
import { createCardFile } from "../../simulator/index.js";
import { startForeignServer } from "../../testing/bolt-card/foreign-server.js";
import type { ForeignOrder } from "../../testing/bolt-card/foreign-server-process.js";
import { buildProgram } from "../../testing/build-program.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { apiClient, apiEvents, keyOf, serveCommand } from "../../testing/server/api-client.js";
import { openCommandLineShop } from "./terminal-shop.js";

let folder: string;
let shop: Awaited<ReturnType<typeof openCommandLineShop>>;
let program: string;
beforeAll(async () => {
  folder = newFolder("memory");
  program = await buildProgram("testing/bolt-card/foreign-server-process.ts");
  shop = await openCommandLineShop(folder);
});
afterAll(async () => {
  await shop?.close();
});

const payments: string[] = [];
const pay = async (invoice: string): Promise<boolean> => {
  const { state } = await shop.payer.pay({ invoice, maxFee: sat(10) });
  payments.push(state);
  return state === "settled";
};

let cards = 0;
/** A server and the file of a card of it. */
async function card(order: Omit<ForeignOrder, "k1" | "k2"> = {}) {
  const server = await startForeignServer(program, pay, order);
  const file = join(folder, `bolt-${++cards}.json`);
  createCardFile(file, server.card());
  return { server, file };
}
const charge = (file: string, ...more: string[]) => [
  ...["terminal", "charge", "--node", shop.folder, "--card", file, "--no-qr", "--amount", "2500sat"],
  ...more,
];

it("a Bolt Card pays at the command, and a report knows the sale", async () => {
  const { server, file } = await card();
  const run = await chequecard(["--json", ...charge(file)]);
  expect([run.exitCode, JSON.parse(run.out)]).toMatchObject([
    EXIT.OK,
    { state: "paid", receipt: { amount: "2500000", paid: true } },
  ]);
  expect(server.calls()).toHaveLength(1);
  const report = await chequecard(["--json", "terminal", "report", "--node", shop.folder]);
  expect(JSON.parse(report.out).sales.at(-1)).toMatchObject({ state: "paid" });
  await server.stop();
});

it("a PIN is taken from where a card's is, and stands in no trace", async () => {
  const { server, file } = await card({ pinLimit: 1, pin: "4711" });
  const run = await chequecard(["--trace", ...charge(file)], { env: { CHEQUECARD_PIN: "4711" } });
  expect([run.exitCode, run.err]).toEqual([EXIT.OK, expect.stringContaining("masked")]);
  expect(run.out + run.err).not.toContain("4711");
  // Neither does the address, which was worth money: hex of "p=" and "&c=".
  expect(run.out + run.err).not.toMatch(/3f703d|26633d/);
  expect(server.calls()).toMatchObject([{ pin: "4711" }]);
  await server.stop();
});

it("no Bolt Card is taken where the settings say so", async () => {
  const { server, file } = await card();
  const settings = join(shop.folder, "terminal.yaml");
  writeFileSync(settings, "bolt-cards: false\n");
  const giveUp = new AbortController();
  const run = await chequecard(charge(file), {
    signal: giveUp.signal,
    onErr: (text) => void (text.includes("ask for another card") && giveUp.abort()),
  });
  expect(run.err).toMatch(/not a chequecard/);
  expect(server.offers()).toEqual([]);
  writeFileSync(settings, "bolt-cards: 1\n");
  expect((await chequecard(charge(file))).err).toMatch(/bolt-cards: need true or false/);
  writeFileSync(settings, "\n");
  await server.stop();
});

it("a Bolt Card pays through the API: its states are those of every card", async () => {
  const { server, file } = await card({ pinLimit: 1, pin: "4711" });
  const served = await serveCommand([
    ...["terminal", "serve", "--node", shop.folder, "--card", file, "--http", "127.0.0.1:0"],
  ]);
  const { key } = keyOf(shop.folder, "till");
  const till = apiClient(served.url, key);
  try {
    const { body } = await till("POST", "/v1/charges", { body: { amount: "2500sat" }, key: "bolt-1" });
    const steps: unknown[] = [];
    let last: Record<string, unknown> = {};
    for await (const data of await apiEvents(served.url, `/v1/charges/${body.number}/events`, key)) {
      last = data;
      if (steps.at(-1) !== data.step) steps.push(data.step);
      if (data.step === "pin")
        await till("POST", `/v1/charges/${body.number}/pin`, { body: { pin: "4711" } });
    }
    expect(last).toMatchObject({ state: "paid", received: "2500000" });
    expect(steps).toEqual(expect.arrayContaining(["card", "pin", "paying"]));
    expect(server.calls()).toHaveLength(1);
  } finally {
    await served.stop();
    await server.stop();
  }
});
