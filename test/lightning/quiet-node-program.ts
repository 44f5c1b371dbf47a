// A little network that pays once and closes: it must print nothing of its own, and let the process end.
import { msat, sat } from "../../common/index.js";
import { startLittleNetwork } from "../../lightning/nodes/ldk/index.js";

const network = await startLittleNetwork({ router: true });
const { invoice } = await network.merchant.createInvoice({
  amount: sat(1),
  description: "quietly",
  expirySeconds: 60,
});
const { state } = await network.payer.pay({ invoice, maxFee: sat(10) });
await network.merchant.close();
const { nodeId } = (await network.router?.info()) ?? { nodeId: new Uint8Array(33) };
await network.payer.sendMessage(nodeId, 45001, new Uint8Array(10)).catch(() => undefined);
await network.payer.pay({ invoice, maxFee: msat(0n), timeoutMs: 10 });
await network.close();
console.log(state === "settled" ? "paid" : state);
