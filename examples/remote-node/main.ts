import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatMsat, sat, visibleLines } from "chequecard/common";
import { startLittleNetwork } from "chequecard/node";
import { RemoteNode } from "./remote-node.js";
import { serveNode } from "./serve-node.js";

/** Sells over a node that is reached through a socket. Both ends are in this process, so that it can be tried at once. */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "remote-node-"));
  const network = await startLittleNetwork();
  const served = await serveNode(network.merchant, join(folder, "node.sock"));
  const node = await RemoteNode.connect(join(folder, "node.sock"));
  try {
    const settled = new Promise<string>((resolve) =>
      node.onInvoiceSettled(({ received }) => resolve(formatMsat(received))),
    );
    const { invoice, paymentHash } = await node.createInvoice({
      amount: sat(900),
      description: "espresso",
      expirySeconds: 120,
    });
    await network.payer.pay({ invoice, maxFee: sat(10) });
    const received = await settled;
    const { state } = await node.lookupInvoice(paymentHash);
    process.stdout.write(`${visibleLines(`The invoice is ${state}: ${received} arrived.`)}\n`);
  } finally {
    await node.close();
    await served.close();
    await network.close();
    rmSync(folder, { recursive: true });
  }
}

await main();
