import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPaymentSender, SaleStore, sat, Terminal } from "chequecard";
import { visibleLines } from "chequecard/common";
import { startLittleNetwork } from "chequecard/node";
import { SimulatedReader } from "chequecard/simulator";
import { CoffeeMachine } from "./coffee-machine.js";
import { openIssuer } from "./issuer.js";

const show = (line: string): void => void process.stdout.write(`${visibleLines(line)}\n`);

/** Sells drinks to two simulated cards: real Lightning nodes, a simulated chain, no money. */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "coffee-machine-"));
  const network = await startLittleNetwork();
  const issuer = await openIssuer(network.payer, folder);
  const store = new SaleStore(join(folder, "sales.db"));
  const sender = await openPaymentSender(network.merchant, store);
  const reader = new SimulatedReader();
  try {
    const machine = new CoffeeMachine({
      terminal: new Terminal({ node: network.merchant, sender, store, reader }),
      store,
      prices: new Map([
        ["espresso", sat(900)],
        ["cappuccino", sat(1_500)],
      ]),
      brew: async (drink) => show(`[brewing] ${drink}`),
      show,
    });
    await machine.resume();
    reader.insert(await issuer.issue(sat(2_000)));
    await machine.sell("espresso");
    await machine.sell("cappuccino");
    await machine.sell("tea");
    reader.remove();
    reader.insert(await issuer.issue(sat(2_000)));
    await machine.sell("cappuccino");
  } finally {
    sender.close();
    store.close();
    await issuer.close();
    await network.close();
    rmSync(folder, { recursive: true });
  }
}

await main();
