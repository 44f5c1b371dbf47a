import { z } from "zod";
import { bytesToHex, hexToBytes } from "../../common/index.js";
import type { SoldCart } from "../../host/terminal/cart.js";
import type { ReportedSale } from "../../host/terminal/receipt.js";
import { SaleError } from "../../host/terminal/sale.js";
import type { SaleStore } from "../../host/terminal/sale-store.js";
import { InputError } from "../error-report.js";
import { amount, operation, type Subject } from "./operation.js";

/** Sales in one answer: with the longest descriptions they fit the control channel. */
const PAGE = 40;
const MAX_SHOWN_DESCRIPTION = 700;
const sales = z.string().max(4096);
const elsewhere = z.object({ isHere: z.literal(false) });
const ELSEWHERE = { isHere: false } as const;

const storeOf = (subject: Subject, path: string): SaleStore | undefined =>
  subject.sales?.path === path ? subject.sales.store : undefined;

/** A sale without what only the till needs. */
export const reported = z.object({
  number: z.int(),
  amount,
  description: z.string(),
  fiat: z.string().optional(),
  paymentHash: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.int(),
  state: z.enum(["open", "cancelling", "accepted", "paid", "cancelled", "refused"]),
  cancelReason: z.enum(["merchant", "expired", "rejected"]).optional(),
  reasonCode: z.int().optional(),
  paidAt: z.int().optional(),
  acceptedAt: z.int().optional(),
  received: amount.optional(),
  refund: z.object({ amount, state: z.enum(["pending", "paid"]) }).optional(),
  cart: z
    .object({
      lines: z.array(z.object({ name: z.string().optional(), quantity: z.int(), total: z.string() })),
      tip: z.object({ percent: z.int().optional(), total: z.string() }).optional(),
      note: z.string().optional(),
    })
    .optional()
    .describe("What was sold; in lists of sales it is left out."),
});
type Told = z.output<typeof reported>;

const present = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** A sale as other processes and programs get it. */
export const tell = ({ paymentHash, refund, description, ...sale }: ReportedSale): Told =>
  ({
    ...present({
      number: sale.number,
      amount: sale.amount,
      fiat: sale.fiat,
      createdAt: sale.createdAt,
      state: sale.state,
      cancelReason: sale.cancelReason,
      reasonCode: sale.reasonCode,
      paidAt: sale.paidAt,
      acceptedAt: sale.acceptedAt,
      received: sale.received,
      cart: sale.cart,
      refund: refund && { amount: refund.amount, state: refund.state },
    }),
    description: description.slice(0, MAX_SHOWN_DESCRIPTION),
    paymentHash: bytesToHex(paymentHash),
  }) as Told;

/** A sale as the process that sells has told it. */
export const toldSale = (told: Told): ReportedSale => ({
  ...told,
  fiat: told.fiat,
  cancelReason: told.cancelReason,
  reasonCode: told.reasonCode,
  paidAt: told.paidAt,
  acceptedAt: told.acceptedAt,
  received: told.received,
  refund: told.refund,
  cart: told.cart as SoldCart | undefined,
  paymentHash: hexToBytes(told.paymentHash),
});

/** Sales created in [from, to), Unix seconds, a page at a time: those after a number. */
export const salesPage = operation({
  request: z.object({ sales, from: z.int(), to: z.int(), after: z.int().min(0) }),
  answer: z.discriminatedUnion("isHere", [
    elsewhere,
    z.object({ isHere: z.literal(true), sales: z.array(reported), more: z.boolean() }),
  ]),
  async run(subject, { sales: path, from, to, after }) {
    const found = storeOf(subject, path)
      ?.between(from, to)
      .filter(({ number }) => number > after);
    if (!found) return ELSEWHERE;
    return {
      isHere: true as const,
      sales: found.slice(0, PAGE).map((sale) => tell({ ...sale, cart: undefined })),
      more: found.length > PAGE,
    };
  },
});

/** One sale. */
export const salesOne = operation({
  request: z.object({ sales, number: z.int().min(1) }),
  answer: z.discriminatedUnion("isHere", [elsewhere, z.object({ isHere: z.literal(true), sale: reported })]),
  async run(subject, { sales: path, number }) {
    const store = storeOf(subject, path);
    return store ? { isHere: true as const, sale: tell(store.get(number)) } : ELSEWHERE;
  },
});

const totals = {
  paid: z.int(),
  received: amount,
  currencies: z.array(z.object({ currency: z.string(), amount: z.string(), sales: z.int() })),
  refunds: z.int(),
  refunded: amount,
  cancelled: z.int(),
  refused: z.int(),
  refusedAmount: amount,
  first: z.int().optional(),
  last: z.int().optional(),
};
export const closedDay = z.object({ ...totals, z: z.int(), closedAt: z.int() });
export const dayAnswer = z.object({
  /** Absent for a preview, and where no day was ever closed. */
  closed: closedDay.optional(),
  /** What is in no day yet; only of a preview. */
  open: z.object(totals).optional(),
  /** Whether this request closed the day. */
  isNew: z.boolean(),
});
export type DayAnswer = z.output<typeof dayAnswer>;

/** What is asked about days: to close the one that is open, to see what it would have, or to see a closed one. */
const dayRequest = z.object({
  do: z.enum(["close", "preview", "show"]),
  /** Of a day that is shown; absent: the last one. */
  z: z.int().min(1).optional(),
});
export type DayRequest = z.output<typeof dayRequest>;

/** @param now Unix seconds @throws SaleError; InputError where no day can be shown */
export function runDay(store: SaleStore, request: DayRequest, now: number): DayAnswer {
  const answer = { isNew: false };
  if (request.do === "preview")
    return { ...answer, open: present(store.openDay()) as NonNullable<DayAnswer["open"]> };
  const closed = request.do === "close" ? store.closeDay(now) : undefined;
  try {
    const day = closed ?? store.day(request.z);
    return { isNew: closed !== undefined, closed: present(day) as NonNullable<DayAnswer["closed"]> };
  } catch (error) {
    if (!(error instanceof SaleError) || error.code !== "not-found") throw error;
    throw new InputError(
      request.do === "close" ? "there is no sale yet; nothing was closed" : error.message,
      error.hint ? { hint: error.hint } : {},
    );
  }
}

/** Closes the day, or shows one. */
export const salesDay = operation({
  request: z.object({ sales, ...dayRequest.shape }),
  answer: z.discriminatedUnion("isHere", [elsewhere, dayAnswer.extend({ isHere: z.literal(true) })]),
  async run(subject, { sales: path, ...request }) {
    const store = storeOf(subject, path);
    const now = Math.floor(Date.now() / 1000);
    return store ? { isHere: true as const, ...runDay(store, request, now) } : ELSEWHERE;
  },
});
