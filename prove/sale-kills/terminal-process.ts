// A merchant's terminal in a process of its own. Its one argument is a TerminalOrder as JSON; the node and the card
// reader are in the process that started it. It sells once, or finishes what an earlier process left, and ends.
import { type Reader, TransportError } from "../../apdu/index.js";
import { msat } from "../../common/index.js";
import { SaleStore, Terminal } from "../../host/index.js";
import { openPaymentSender } from "../../lightning/api/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { announce, Caller, type Link } from "../../testing/processes/channel.js";
import { parentLink } from "../../testing/processes/links.js";
import { remoteNode } from "../../testing/processes/remote-node.js";
import { type Strike, Strikes } from "../../testing/processes/strikes.js";

export interface TerminalOrder {
  readonly sales: string;
  readonly task: "charge" | "finish";
  /** Decimal, msat. */
  readonly amount: string;
  /** The merchant gives up as soon as the sale is open. */
  readonly givesUp: boolean;
  readonly strike?: Strike;
}

const order: TerminalOrder = JSON.parse(process.argv[2] ?? "");
const link = parentLink();
link.onGone(() => process.exit());
const strikes = new Strikes(order.strike, (step) => announce(link, "step", step));

/** The invoice's settlement is a step too: it crosses into this process at some moment. */
const settling: Link = {
  ...link,
  onMessage: (handler) =>
    link.onMessage((message) =>
      (message as { event?: string }).event === "settled"
        ? strikes.step("settled", () => handler(message))
        : handler(message),
    ),
};

const caller = new Caller(settling);

const abortable = async <T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> => {
  const aborted = new Promise<never>((_, reject) => {
    const stop = () => reject(new TransportError("closed", "the waiting was ended"));
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
  });
  work.catch(() => undefined);
  return signal ? await Promise.race([work, aborted]) : await work;
};

const reader: Reader = {
  name: "reader of another process",
  async waitForCard(signal) {
    await abortable(signal, caller.call("reader", "connect"));
    return {
      atr: new Uint8Array(0),
      transmit: (command) => caller.call<Uint8Array>("reader", "transmit", command),
      close: () => caller.call<void>("reader", "close").catch(() => undefined),
    };
  },
  waitForRemoval: (signal) => abortable(signal, caller.call("reader", "removed")),
};

const store = new SaleStore(order.sales);
const node = strikes.node(remoteNode(caller));
const giveUp = new AbortController();
const display = { onOpen: () => void (order.givesUp && giveUp.abort()) };
try {
  const struck = strikes.store(store);
  const terminal = new Terminal({
    node,
    sender: await openPaymentSender(node, struck, { answerTimeoutMs: 400 }),
    store: struck,
    reader: strikes.reader(reader),
    retryPauseMs: 20,
  });
  if (order.task === "charge")
    await terminal.charge(
      { amount: msat(BigInt(order.amount)), description: "beer" },
      display,
      giveUp.signal,
    );
  else for (const sale of store.unfinished()) await terminal.finish(sale, display, giveUp.signal);
} catch (error) {
  // The merchant's node is gone: the sale stays as it is in the file, for the next process.
  if (!(error instanceof NodeError)) throw error;
} finally {
  store.close();
  process.disconnect();
}
