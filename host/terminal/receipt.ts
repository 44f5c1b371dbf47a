import {
  bytesToHex,
  type CsvField,
  type CsvForm,
  csvText,
  formatMsat,
  type Msat,
  sumMsat,
  visible,
} from "../../common/index.js";
import type { Sale } from "./sale.js";

/** A receipt as data; amounts in msat. */
export interface Receipt {
  readonly number: number;
  readonly description: string;
  readonly amount: Msat;
  readonly fiat: string | undefined;
  readonly paid: boolean;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly paymentHash: string;
  readonly refunded: Msat | undefined;
}

const WIDTH = 32;

const isoTime = (unixSeconds: number): string =>
  new Date(unixSeconds * 1000).toISOString().replace(".000Z", "Z");

/** What the customer gets. The preimage stays with the merchant's node. */
export function receiptOf(sale: Sale): Receipt {
  return {
    number: sale.number,
    description: sale.description,
    amount: sale.received ?? sale.amount,
    fiat: sale.fiat,
    paid: sale.state === "paid",
    time: isoTime(sale.paidAt ?? sale.createdAt),
    paymentHash: bytesToHex(sale.paymentHash),
    refunded: sale.refund?.state === "paid" ? sale.refund.amount : undefined,
  };
}

/** Lines that fit the paper, without what would command a printer or a screen. */
function wrap(text: string): string[] {
  const clean = visible(text).trim();
  const lines: string[] = [""];
  for (const word of clean
    .split(/\s+/)
    .flatMap((long) => long.match(new RegExp(`.{1,${WIDTH}}`, "gu")) ?? [])) {
    const last = lines.at(-1) ?? "";
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A receipt of 32 columns, as small printers have. @param place printed on top */
export function renderReceipt(sale: Sale, place: string): string {
  const receipt = receiptOf(sale);
  const line = (left: string, right: string): string =>
    left + right.padStart(Math.max(right.length + 1, WIDTH - left.length));
  const rows = [
    ...wrap(place),
    `Sale ${receipt.number}`,
    receipt.time,
    "",
    ...wrap(receipt.description),
    line("Total", formatMsat(receipt.amount)),
    receipt.fiat === undefined ? undefined : line("", receipt.fiat),
    receipt.refunded === undefined ? undefined : line("Refunded", formatMsat(receipt.refunded)),
    receipt.paid ? "PAID" : "NOT PAID",
    "",
    "Payment hash",
    ...(receipt.paymentHash.match(new RegExp(`.{${WIDTH}}`, "g")) ?? []),
  ];
  return rows.filter((row) => row !== undefined).join("\n");
}

/** Totals over sales, as a day's end wants them. */
export interface SalesTotals {
  readonly paid: number;
  readonly cancelled: number;
  readonly unfinished: number;
  readonly received: Msat;
  readonly refunded: Msat;
}

export function totalsOf(sales: readonly Sale[]): SalesTotals {
  const count = (...states: Sale["state"][]) => sales.filter((sale) => states.includes(sale.state)).length;
  return {
    paid: count("paid"),
    cancelled: count("cancelled"),
    unfinished: count("open", "cancelling"),
    received: sumMsat(sales.flatMap((sale) => sale.received ?? [])),
    refunded: sumMsat(sales.flatMap((sale) => (sale.refund?.state === "paid" ? sale.refund.amount : []))),
  };
}

/** Sales as CSV. */
export function salesCsv(sales: readonly Sale[], form?: CsvForm): string {
  return csvText(
    [
      "number",
      { time: "time" },
      "state",
      "amount_msat",
      "received_msat",
      "refunded_msat",
      "fiat",
      "currency",
      "description",
      "payment_hash",
    ],
    sales.map((sale) => {
      const { number, time, refunded, paymentHash } = receiptOf(sale);
      return [
        String(number),
        time,
        sale.state,
        sale.amount,
        sale.received ?? "",
        refunded ?? "",
        ...fiatOf(sale),
        sale.description,
        paymentHash,
      ];
    }),
    form,
  );
}

/** What the customer saw, `3.50 EUR`, in two fields. */
function fiatOf({ fiat = "" }: Sale): [CsvField, string] {
  const [, amount, currency] = /^(\d+(?:\.\d+)?) ([A-Z]{3})$/.exec(fiat) ?? [];
  return amount === undefined || currency === undefined ? [fiat, ""] : [{ decimal: amount }, currency];
}
