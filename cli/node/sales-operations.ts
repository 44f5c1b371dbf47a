import { z } from "zod";
import { hexToBytes, type Msat } from "../../common/index.js";
import { receiptOf, totalsOf } from "../../host/terminal/receipt.js";
import { refundSale } from "../../host/terminal/refund.js";
import { type CardRefundNode, refundNode, requestRefund } from "../../host/terminal/refund-node.js";
import { type CardRefund, refundToCard } from "../../host/terminal/refund-to-card.js";
import type { SaleStore } from "../../host/terminal/sale-store.js";
import { MAX_URI_LENGTH } from "../../lightning/node-uri.js";
import { amount, operation, type Subject } from "./operation.js";

/** Milliseconds for the channels to be usable before money is sent. */
const CHANNELS_MS = 10_000;

const sales = z.string().max(4096);
/** The process that runs the node has other sales open, or none. */
const elsewhere = z.object({ isHere: z.literal(false) });
const ELSEWHERE = { isHere: false } as const;

const storeOf = (subject: Subject, path: string) =>
  subject.sales?.path === path ? subject.sales.store : undefined;

const receipt = z.object({
  number: z.int(),
  description: z.string(),
  amount,
  fiat: z.string().optional(),
  paid: z.boolean(),
  accepted: z.enum(["open", "paid", "refused"]).optional(),
  time: z.string(),
  paymentHash: z.string(),
  refunded: amount.optional(),
});
export const refunded = z.object({
  receipt,
  refund: z.object({
    invoice: z.string(),
    amount,
    state: z.enum(["pending", "paid"]),
    to: z.enum(["invoice", "card"]),
  }),
});
const refused = z.object({
  refused: z.object({ code: z.int(), name: z.string(), sentence: z.string(), refunded: amount }),
});

/** What a refund came to, for the control channel and for scripts. */
export type ToldRefund = z.output<typeof refunded> | z.output<typeof refused>;

/** @throws RangeError for a sale without a refund */
function tellRefund(done: CardRefund): ToldRefund {
  if ("refused" in done) return done;
  if (!done.sale.refund) throw new RangeError("a refund without its record");
  const { fiat, refunded: paidBack, ...rest } = receiptOf(done.sale);
  return {
    receipt: {
      ...rest,
      ...(fiat === undefined ? {} : { fiat }),
      ...(paidBack === undefined ? {} : { refunded: paidBack }),
    },
    refund: done.sale.refund,
  };
}

/** A refund of a sale. */
export interface RefundOrder {
  readonly number: number;
  /** Of the customer; absent: to the card that paid. */
  readonly invoice?: string | undefined;
  /** To the card; absent: all of the sale. */
  readonly amount?: Msat | undefined;
}

/** Refunds by a node of this process or another's. @throws as {@link refundToCard} */
export const carryOutRefund = async (
  node: CardRefundNode,
  store: SaleStore,
  { number, invoice, amount: wanted }: RefundOrder,
): Promise<ToldRefund> =>
  tellRefund(
    invoice === undefined
      ? await refundToCard({ node, store }, number, wanted)
      : { sale: await refundSale({ node, store }, number, invoice) },
  );

/** A refund of a sale that the asked process has open: it alone may write them. */
export const salesRefund = operation({
  request: z.object({
    sales,
    number: z.int().min(1),
    invoice: z.string().max(4096).optional(),
    amount: amount.optional(),
  }),
  answer: z.union([elsewhere, z.object({ isHere: z.literal(true), told: z.union([refunded, refused]) })]),
  async run(subject, request) {
    const store = storeOf(subject, request.sales);
    if (!store) return ELSEWHERE;
    const { node } = subject;
    await node.channelsReady(CHANNELS_MS);
    return { isHere: true as const, told: await carryOutRefund(refundNode(node), store, request) };
  },
});

/** Asks the node of a card for an invoice to refund to, for a process whose sales they are. */
export const requestRefundOperation = operation({
  request: z.object({
    uri: z.string().max(MAX_URI_LENGTH),
    paymentHash: z.string().regex(/^[0-9a-f]{64}$/, "need 32 bytes in hex"),
    amount,
    refundId: z.string().regex(/^[0-9a-f]{32}$/, "need 16 bytes in hex"),
  }),
  answer: z.object({
    offer: z
      .union([
        z.object({ invoice: z.string(), refunded: amount }),
        z.object({ reason: z.int(), refunded: amount }),
      ])
      .optional(),
  }),
  async run({ node }, { paymentHash, refundId, ...ask }) {
    const offer = await requestRefund(node, {
      ...ask,
      paymentHash: hexToBytes(paymentHash),
      refundId: hexToBytes(refundId),
    });
    return offer ? { offer } : {};
  },
});

/** Totals as other processes and programs get them. */
export const toldTotals = z.object({
  paid: z.int(),
  cancelled: z.int(),
  unfinished: z.int(),
  received: amount,
  refunded: amount,
  accepted: z.object({ sales: z.int(), amount, paid: amount, refused: amount, open: amount }),
});

/** Totals of the sales created in [from, to), unix seconds. */
export const salesTotals = operation({
  request: z.object({ sales, from: z.int(), to: z.int() }),
  answer: z.discriminatedUnion("isHere", [
    elsewhere,
    z.object({
      isHere: z.literal(true),
      totals: toldTotals,
    }),
  ]),
  async run(subject, { sales: path, from, to }) {
    const store = storeOf(subject, path);
    return store ? { isHere: true as const, totals: totalsOf(store.between(from, to)) } : ELSEWHERE;
  },
});
