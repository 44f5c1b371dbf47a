import { plural } from "../../plural.js";

/** Receipts, days and totals, as they are printed. */
export const texts = {
  sale: (number: number) => `Sale ${number}`,
  total: "Total",
  tip: "Tip",
  tipOf: (percent: number) => `Tip ${percent} %`,
  refunded: "Refunded",
  left: "Left on card",
  paymentHash: "Payment hash",
  /** What became of the sale, each a line. */
  paid: "PAID",
  notPaid: "NOT PAID",
  accepted: "ACCEPTED",
  notPaidYet: "NOT PAID YET",
  refusedNotPaid: "REFUSED, NOT PAID",
  count: (sales: number) => plural(sales, "sale"),
  day: {
    notClosed: "Not closed yet",
    sales: "Sales",
    numbers: (first: number, last: number) => `${first} to ${last}`,
    paid: "Paid",
    received: "Received",
    inSales: (sales: number) => `in ${plural(sales, "sale")}`,
    refunds: "Refunds",
    refunded: "Refunded",
    refused: "Accepted, refused",
    cancelled: "Cancelled",
  },
  totals: {
    paid: "Paid",
    refunded: "Refunded",
    cancelled: "Cancelled",
    unfinished: "Unfinished",
    accepted: "Accepted",
    acceptedPaid: "paid",
    acceptedRefused: "refused",
    acceptedOpen: "open",
  },
} as const;
