import {
  bytesToHex,
  type CsvField,
  type CsvForm,
  csvText,
  type Msat,
  sumMsat,
  visible,
} from "../../common/index.js";
import { shownMsat, shownSum, shownTime } from "../../common/languages/shown.js";
import { RECEIPT } from "../../common/languages/spoken.js";
import type { SoldCart } from "./cart.js";
import type { Sale } from "./sale.js";

/** A receipt as data; amounts in msat. */
export interface Receipt {
  readonly number: number;
  readonly description: string;
  readonly amount: Msat;
  readonly fiat: string | undefined;
  readonly paid: boolean;
  /** Accepted without a connection: `open` until it is `paid` or `refused`; absent for every other sale. */
  readonly accepted?: "open" | "paid" | "refused";
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly paymentHash: string;
  readonly refunded: Msat | undefined;
  readonly cart?: SoldCart | undefined;
}

/** Of paper of 58 mm. */
const COLUMNS = 32;

const isoTime = (unixSeconds: number): string =>
  new Date(unixSeconds * 1000).toISOString().replace(".000Z", "Z");

/** A sale as papers need it. */
export interface ReportedSale
  extends Pick<
    Sale,
    | "number"
    | "amount"
    | "description"
    | "fiat"
    | "paymentHash"
    | "createdAt"
    | "state"
    | "cancelReason"
    | "reasonCode"
    | "paidAt"
    | "received"
    | "acceptedAt"
    | "cart"
  > {
  readonly refund: Pick<NonNullable<Sale["refund"]>, "amount" | "state"> | undefined;
}

/** What the customer gets. The preimage stays with the merchant's node. */
export function receiptOf(sale: ReportedSale): Receipt {
  return {
    number: sale.number,
    description: sale.description,
    amount: sale.received ?? sale.amount,
    fiat: sale.fiat,
    paid: sale.state === "paid",
    ...acceptedOf(sale),
    time: isoTime(sale.paidAt ?? sale.acceptedAt ?? sale.createdAt),
    paymentHash: bytesToHex(sale.paymentHash),
    refunded: sale.refund?.state === "paid" ? sale.refund.amount : undefined,
    ...(sale.cart === undefined ? {} : { cart: sale.cart }),
  };
}

function acceptedOf({ acceptedAt, state }: ReportedSale): Pick<Receipt, "accepted"> {
  if (acceptedAt === undefined) return {};
  return { accepted: state === "paid" || state === "refused" ? state : "open" };
}

/** What a receipt is printed on. */
export interface ReceiptPaper {
  /** Characters of a line; default 32, those of paper of 58 mm. Paper of 80 mm has 48. */
  readonly columns?: number | undefined;
  /** IANA name; default: UTC in ISO 8601. */
  readonly timeZone?: string | undefined;
  /** What is left on the card, where its issuer tells. */
  readonly left?: Msat | undefined;
}

/** Lines that fit the paper, without what would command a printer or a screen. */
function wrap(text: string, columns: number): string[] {
  const clean = visible(text).trim().normalize("NFC");
  const lines: string[] = [""];
  for (const word of clean
    .split(/\s+/)
    .flatMap((long) => long.match(new RegExp(`.{1,${columns}}`, "gu")) ?? [])) {
    const last = lines.at(-1) ?? "";
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The lines of a receipt. @param place printed on top */
export function receiptLines(
  receipt: Receipt,
  place: string,
  { columns = COLUMNS, timeZone, left }: ReceiptPaper = {},
): string[] {
  const line = (name: string, value: string): string =>
    name + value.padStart(Math.max(value.length + 1, columns - name.length));
  const rows = [
    ...wrap(place, columns),
    RECEIPT.sale(receipt.number),
    timeZone === undefined ? receipt.time : shownTime(receipt.time, timeZone),
    "",
    ...(receipt.cart ? cartRows(receipt.cart, line, columns) : wrap(receipt.description, columns)),
    line(RECEIPT.total, shownMsat(receipt.amount)),
    receipt.fiat === undefined ? undefined : line("", shownSum(receipt.fiat)),
    receipt.refunded === undefined ? undefined : line(RECEIPT.refunded, shownMsat(receipt.refunded)),
    ...standing(receipt),
    left === undefined || !receipt.paid ? undefined : line(RECEIPT.left, shownMsat(left)),
    "",
    RECEIPT.paymentHash,
    ...(receipt.paymentHash.match(new RegExp(`.{1,${columns}}`, "g")) ?? []),
  ];
  return rows.filter((row) => row !== undefined);
}

/** What was sold, line by line; a long name has its sum below it. */
function cartRows(
  { lines, tip, note }: SoldCart,
  line: (name: string, value: string) => string,
  columns: number,
): string[] {
  const row = (name: string, value: string): string[] => {
    const rows = wrap(name, columns);
    const last = rows.pop() ?? "";
    return last.length + 1 + value.length <= columns
      ? [...rows, line(last, value)]
      : [...rows, last, line("", value)];
  };
  return [
    ...lines.flatMap(({ name = "", quantity, total }) =>
      row(`${quantity} x ${name}`.trim(), shownSum(total)),
    ),
    ...(tip
      ? row(tip.percent === undefined ? RECEIPT.tip : RECEIPT.tipOf(tip.percent), shownSum(tip.total))
      : []),
    ...(note === undefined ? [] : wrap(note, columns)),
  ];
}

function standing({ paid, accepted }: Receipt): string[] {
  if (paid) return [RECEIPT.paid];
  if (accepted === "open") return [RECEIPT.accepted, RECEIPT.notPaidYet];
  return accepted === "refused" ? [RECEIPT.accepted, RECEIPT.refusedNotPaid] : [RECEIPT.notPaid];
}

/** A receipt as text. @param place printed on top */
export const renderReceipt = (sale: ReportedSale, place: string, paper?: ReceiptPaper): string =>
  receiptLines(receiptOf(sale), place, paper).join("\n");

/** Totals over sales, as a day's end wants them. */
export interface SalesTotals {
  readonly paid: number;
  readonly cancelled: number;
  readonly unfinished: number;
  readonly received: Msat;
  readonly refunded: Msat;
  /** What was accepted without a connection, and what became of it. */
  readonly accepted: AcceptedTotals;
}

/** Sales that were accepted without a connection: each is paid, refused or open. */
export interface AcceptedTotals {
  readonly sales: number;
  readonly amount: Msat;
  readonly paid: Msat;
  readonly refused: Msat;
  readonly open: Msat;
}

function acceptedTotals(sales: readonly ReportedSale[]): AcceptedTotals {
  const accepted = sales.filter(({ acceptedAt }) => acceptedAt !== undefined);
  const sum = (...states: Sale["state"][]) =>
    sumMsat(accepted.filter(({ state }) => states.includes(state)).map(({ amount }) => amount));
  return {
    sales: accepted.length,
    amount: sumMsat(accepted.map(({ amount }) => amount)),
    paid: sum("paid"),
    refused: sum("refused"),
    open: sum("accepted"),
  };
}

export function totalsOf(sales: readonly ReportedSale[]): SalesTotals {
  const count = (...states: Sale["state"][]) => sales.filter((sale) => states.includes(sale.state)).length;
  return {
    paid: count("paid"),
    cancelled: count("cancelled"),
    unfinished: count("open", "cancelling"),
    received: sumMsat(sales.flatMap((sale) => sale.received ?? [])),
    refunded: sumMsat(sales.flatMap((sale) => (sale.refund?.state === "paid" ? sale.refund.amount : []))),
    accepted: acceptedTotals(sales),
  };
}

/** Sales as CSV. */
export function salesCsv(sales: readonly ReportedSale[], form?: CsvForm): string {
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
function fiatOf({ fiat = "" }: Pick<Sale, "fiat">): [CsvField, string] {
  const [, amount, currency] = /^(\d+(?:\.\d+)?) ([A-Z]{3})$/.exec(fiat) ?? [];
  return amount === undefined || currency === undefined ? [fiat, ""] : [{ decimal: amount }, currency];
}
