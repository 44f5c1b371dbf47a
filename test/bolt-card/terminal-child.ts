// A merchant's terminal in a process of its own, for tests that kill it. Its one argument is a ChildOrder as JSON; the node is in
// the process that started it.
import { sat } from "../../common/index.js";
import { SaleStore, Terminal } from "../../host/index.js";
import { openPaymentSender } from "../../lightning/api/index.js";
import { openCardFile, SimulatedReader } from "../../simulator/index.js";
import { announce, Caller } from "../../testing/processes/channel.js";
import { parentLink } from "../../testing/processes/links.js";
import { remoteNode } from "../../testing/processes/remote-node.js";

export interface ChildOrder {
  readonly sales: string;
  /** File of the card that lies on the reader; without one an unfinished sale is finished, and given up once it is open. */
  readonly card?: string;
  /** Gives the sale up at its first notice. */
  readonly givesUp?: true;
  /** Where this process kills itself: before it is durable that a server is asked, or between that and the asking. */
  readonly kill?: "before it is durable" | "before it is asked";
}

const order: ChildOrder = JSON.parse(process.argv[2] ?? "");
const link = parentLink();
link.onGone(() => process.exit());
const kill = (): void => void process.kill(process.pid, "SIGKILL");

const store = new SaleStore(order.sales);
const askBoltCard = store.askBoltCard.bind(store);
store.askBoltCard = (...asked) => {
  if (order.kill === "before it is durable") kill();
  const isNew = askBoltCard(...asked);
  if (order.kill === "before it is asked") kill();
  return isNew;
};

const node = remoteNode(new Caller(link));
const reader = new SimulatedReader();
const giveUp = new AbortController();
if (order.card !== undefined) reader.insert(openCardFile(order.card).card);
const terminal = new Terminal({
  ...{ node, store, reader, retryPauseMs: 20 },
  boltCards: { network: "bcrt", resolve: async () => ["127.0.0.1"] },
  sender: await openPaymentSender(node, store, { answerTimeoutMs: 400 }),
});
const display = {
  onOpen: () => void (order.card === undefined && setImmediate(() => giveUp.abort())),
  onNotice(sentence: string) {
    announce(link, "notice", sentence);
    if (order.givesUp) giveUp.abort();
  },
};
if (order.card !== undefined)
  await terminal.charge({ amount: sat(100), description: "beer" }, display, giveUp.signal);
else for (const sale of store.unfinished()) await terminal.finish(sale, display, giveUp.signal);
store.close();
process.disconnect();
