import type { Reader } from "../apdu/index.js";
import { bytesToHex } from "../common/index.js";
import { SaleStore, Terminal, type TerminalParts } from "../host/index.js";
import { openPaymentSender, type SenderOptions } from "../lightning/api/index.js";
import type { LightningNode } from "../lightning/nodes/port.js";

/** A merchant's terminal at a node, with its sales in memory unless a file is given. */
export async function testMerchant(
  node: LightningNode,
  reader: Reader,
  {
    sales = ":memory:",
    sender: options = {},
    ...rest
  }: { readonly sales?: string; readonly sender?: SenderOptions } & Pick<
    Partial<TerminalParts>,
    "now" | "retryPauseMs" | "boltCards"
  > = {},
) {
  const store = new SaleStore(sales);
  const sender = await openPaymentSender(node, store, options);
  const terminal = new Terminal({ node, sender, store, reader, ...rest });
  return {
    store,
    sender,
    terminal,
    close() {
      sender.close();
      store.close();
    },
  };
}

/** Where a node is reached, as a card names it. */
export async function uriOf(node: LightningNode): Promise<string> {
  const { nodeId, addresses } = await node.info();
  return `${bytesToHex(nodeId)}@${addresses[0]}`;
}
