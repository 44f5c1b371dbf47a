import { bytesToHex, msat } from "../../common/index.js";
import { type SalesTotals, totalsOf } from "../../host/terminal/receipt.js";
import type { CardRefundNode } from "../../host/terminal/refund-node.js";
import { refusal } from "../../host/terminal/refund-to-card.js";
import { SaleStore } from "../../host/terminal/sale-store.js";
import { expectNode, openNode } from "../open-node.js";
import { askNode, askRunning, readAnswer } from "./ask-node.js";
import { carryOutRefund, type RefundOrder, type ToldRefund } from "./sales-operations.js";

/** Where a merchant's sales and node are. */
export interface Till {
  /** Folder of the node. */
  readonly node: string;
  /** File of the sales, absolute. */
  readonly sales: string;
}

/** The node of a folder that another process runs. */
const remoteNode = (folder: string, signal: AbortSignal): CardRefundNode => ({
  info: async () => (await askNode(folder, "info", {}, signal)).answer,
  async lookupPayment(paymentHash) {
    const paymentHashes = [bytesToHex(paymentHash)];
    const { answer } = await askNode(folder, "lookup-payments", { paymentHashes }, signal);
    return answer.payments[0] ?? { state: "not-found" };
  },
  async pay({ invoice, maxFee }) {
    return (await askNode(folder, "pay", { invoice, maxFee, proof: false }, signal)).answer;
  },
  async requestRefund({ paymentHash, refundId, ...ask }) {
    const request = { ...ask, paymentHash: bytesToHex(paymentHash), refundId: bytesToHex(refundId) };
    return (await askNode(folder, "request-refund", request, signal)).answer.offer;
  },
});

/** The process that sells may speak another language than this one; codes are the same. */
async function inOwnWords(
  folder: string,
  { sales, number }: Pick<RefundOrder, "number"> & { readonly sales: string },
  told: ToldRefund,
  signal: AbortSignal,
): Promise<ToldRefund> {
  if (!("refused" in told)) return told;
  const { answer } = await askNode(folder, "sales-one", { sales, number }, signal);
  if (!answer.isHere) return told;
  const { code, refunded } = told.refused;
  return { refused: refusal(code, msat(refunded), answer.sale.amount) };
}

/**
 * Refunds a sale: by the process that sells, whose sales these are; else by this one, through the process that runs the
 * node or a node that it starts for the moment. To an invoice of the customer, else to the card that paid.
 * @throws SaleError, InvoiceError, ParseError; InputError; NodeError
 */
export async function refundAtTill(
  { node: folder, sales }: Till,
  order: RefundOrder,
  signal: AbortSignal,
): Promise<ToldRefund> {
  expectNode(folder);
  const request = { sales, ...order };
  const served = await askRunning(folder, "sales-refund", request, signal);
  if (served?.isHere) return await inOwnWords(folder, request, served.told, signal);
  const opened = served ? undefined : await openNode(folder, { roles: ["refunds"] });
  try {
    const store = new SaleStore(sales);
    try {
      if (!opened) return await carryOutRefund(remoteNode(folder, signal), store, order);
      opened.lend({ path: sales, store });
      const answer = readAnswer("sales-refund", await opened.run({ op: "sales-refund", ...request }));
      if (answer.isHere) return answer.told;
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
