import { z } from "zod";
import { receiptOf, totalsOf } from "../../host/terminal/receipt.js";
import { refundSale } from "../../host/terminal/refund.js";
import { amount, operation, type Subject } from "./operation.js";

/** Milliseconds for the channels to be usable before money is sent. */
const CHANNELS_MS = 10_000;

const sales = z.string().max(4096);
/** The process that runs the node has other sales open, or none. */
const elsewhere = z.object({ isHere: z.literal(false) });
const ELSEWHERE = { isHere: false } as const;

const storeOf = (subject: Subject, path: string) =>
  subject.sales?.path === path ? subject.sales.store : undefined;

/** A refund of a sale that the asked process has open: it alone may write them. */
export const salesRefund = operation({
  request: z.object({ sales, number: z.int().min(1), invoice: z.string().max(4096) }),
  answer: z.discriminatedUnion("isHere", [
    elsewhere,
    z.object({
      isHere: z.literal(true),
      receipt: z.object({
        number: z.int(),
        description: z.string(),
        amount,
        fiat: z.string().optional(),
        paid: z.boolean(),
        time: z.string(),
        paymentHash: z.string(),
        refunded: amount.optional(),
      }),
      refund: z.object({ invoice: z.string(), amount, state: z.enum(["pending", "paid"]) }),
    }),
  ]),
  async run(subject, request) {
    const store = storeOf(subject, request.sales);
    if (!store) return ELSEWHERE;
    const { node } = subject.opened;
    await node.channelsReady(CHANNELS_MS);
    const sale = await refundSale({ node, store }, request.number, request.invoice);
    if (!sale.refund) return ELSEWHERE;
    const { fiat, refunded, ...receipt } = receiptOf(sale);
    return {
      isHere: true as const,
      receipt: {
        ...receipt,
        ...(fiat === undefined ? {} : { fiat }),
        ...(refunded === undefined ? {} : { refunded }),
      },
      refund: sale.refund,
    };
  },
});

/** Totals of the sales created in [from, to), unix seconds. */
export const salesTotals = operation({
  request: z.object({ sales, from: z.int(), to: z.int() }),
  answer: z.discriminatedUnion("isHere", [
    elsewhere,
    z.object({
      isHere: z.literal(true),
      totals: z.object({
        paid: z.int(),
        cancelled: z.int(),
        unfinished: z.int(),
        received: amount,
        refunded: amount,
      }),
    }),
  ]),
  async run(subject, { sales: path, from, to }) {
    const store = storeOf(subject, path);
    return store ? { isHere: true as const, totals: totalsOf(store.between(from, to)) } : ELSEWHERE;
  },
});
