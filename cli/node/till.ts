import { bytesToHex } from "../../common/index.js";
import { receiptOf, type SalesTotals, totalsOf } from "../../host/terminal/receipt.js";
import { type RefundNode, refundSale } from "../../host/terminal/refund.js";
import { SaleStore } from "../../host/terminal/sale-store.js";
import { openEmbeddedNode, readEmbeddedNodeConfig } from "../embedded-node.js";
import { askNode, askRunning, readAnswer } from "./ask-node.js";
import type { AnswerOf } from "./operations.js";

/** Where a merchant's sales and node are. */
export interface Till {
  /** Folder of the node. */
  readonly node: string;
  /** File of the sales, absolute. */
  readonly sales: string;
}

type Refunded = Pick<Extract<AnswerOf<"sales-refund">, { isHere: true }>, "receipt" | "refund">;

/** The node of a folder that another process runs. */
const remoteNode = (folder: string, signal: AbortSignal): RefundNode => ({
  info: async () => (await askNode(folder, "info", {}, signal)).answer,
  async lookupPayment(paymentHash) {
    const paymentHashes = [bytesToHex(paymentHash)];
    const { answer } = await askNode(folder, "lookup-payments", { paymentHashes }, signal);
    return answer.payments[0] ?? { state: "not-found" };
  },
  async pay({ invoice, maxFee }) {
    return (await askNode(folder, "pay", { invoice, maxFee, proof: false }, signal)).answer;
  },
});

/**
 * Refunds a sale: by the process that sells, whose sales these are; else by this one, through the process that runs the
 * node or a node that it starts for the moment.
 * @throws SaleError, InvoiceError, ParseError; InputError; NodeError
 */
export async function refundAtTill(
  { node: folder, sales }: Till,
  number: number,
  invoice: string,
  signal: AbortSignal,
): Promise<Refunded> {
  readEmbeddedNodeConfig(folder);
  const request = { sales, number, invoice };
  const served = await askRunning(folder, "sales-refund", request, signal);
  if (served?.isHere) return served;
  const opened = served ? undefined : await openEmbeddedNode(folder);
  try {
    const store = new SaleStore(sales);
    try {
      if (!opened) {
        const sale = await refundSale({ node: remoteNode(folder, signal), store }, number, invoice);
        if (sale.refund) return { receipt: receiptOf(sale), refund: sale.refund };
        throw new RangeError("a refund without its record");
      }
      opened.lend({ path: sales, store });
      const answer = readAnswer("sales-refund", await opened.run({ op: "sales-refund", ...request }));
      if (answer.isHere) return answer;
      throw new RangeError("a refund without its record");
    } finally {
      opened?.lend(undefined);
      store.close();
    }
  } finally {
    await opened?.close();
  }
}

/** Totals of the sales created in [from, to), unix seconds, also while a till sells. @throws SaleError; NodeError */
export async function totalsAtTill(
  { node: folder, sales }: Till,
  { from, to }: { readonly from: number; readonly to: number },
  signal: AbortSignal,
): Promise<SalesTotals> {
  const served = await askRunning(folder, "sales-totals", { sales, from, to }, signal);
  if (served?.isHere) return served.totals;
  const store = new SaleStore(sales);
  try {
    return totalsOf(store.between(from, to));
  } finally {
    store.close();
  }
}
