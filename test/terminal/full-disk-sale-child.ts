import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { sat } from "../../common/msat.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { testCard } from "../../testing/cards/test-card.js";
import { testIssuer } from "../../testing/issuer/desk.js";
import { uriOf } from "../../testing/merchant.js";
import { certificateBody, packOf } from "../../testing/offline/certified-card.js";
import { cuttable, stall } from "../../testing/offline/stall.js";

/** One sale on the small disk of its second argument, which gets full when the card has signed; prints what became of it. */
const [how, disk = ""] = process.argv.slice(2);
const now = Math.floor(Date.now() / 1000);
const filler = join(disk, "filler");

function fillUp(): void {
  const file = openSync(filler, "a");
  try {
    for (;;) writeSync(file, new Uint8Array(4096));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  } finally {
    closeSync(file);
  }
}

const network = await startLittleNetwork();
const uri = await uriOf(network.payer);
const card = testCard({
  nodeUri: uri,
  certificate: (of) => certificateBody(of, { validUntil: now + 86_400 }),
});
const issuer = await testIssuer(network.payer, [{ card }]);
const line = { isCut: false };
const open = () =>
  stall({
    node: cuttable(network.merchant, line),
    reader: card.reader,
    packs: [packOf(card, now - 60, { nodes: [parseNodeUri(uri)], forwardingWindow: 80_000 })],
    sales: join(disk, "sales.db"),
  });
const first = await open();
// The payer is known to be away, so the card is accepted offline for the invoice of the own node.
first.outages.setPayer(parseNodeUri(uri), true);
first.store.observe((sale) => {
  if (!sale.token || sale.state !== "open") return;
  fillUp();
  line.isCut = how === "away";
});
const problem = await first.terminal
  .charge({ amount: sat(2_500), description: "beer" })
  .then(({ state }) => state)
  .catch((error: Error) => error.message);
const [left] = first.store.after(0);
if (!left) throw new Error("no sale");
const invoice = (await network.merchant.lookupInvoice(left.paymentHash)).state;
rmSync(filler);
line.isCut = false;
first.close();
const second = await open();
const end = (await second.terminal.settle(left)).state;
const { spent } = (await issuer.account(card)) ?? {};
console.log(
  JSON.stringify({
    problem,
    left: { state: left.state, accepted: left.acceptedAt },
    invoice,
    end,
    spent: String(spent),
  }),
);
second.close();
await issuer.close();
await network.close();
