import { resolve } from "node:path";
import type { Command } from "commander";
import { ParseError } from "../../common/index.js";
import { shownMsat, shownTime } from "../../common/languages/shown.js";
import { RECEIPT, TERMINAL } from "../../common/languages/spoken.js";
import {
  cancelSentence,
  dayRows,
  type ReportedSale,
  receiptOf,
  salesCsv,
  totalsOf,
} from "../../host/index.js";
import { describeReason } from "../../lightning/api/index.js";
import type { CommandContext, RunAction } from "../command-context.js";
import { writeCsv } from "../csv-file.js";
import { type CsvOptions, csvForm, csvOptions, systemTimeZone } from "../csv-options.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import type { DayAnswer, DayRequest } from "../node/day-operations.js";
import type { Till } from "../node/till.js";
import { dayAtTill, saleAtTill, salesAtTill } from "../node/till-papers.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { columnsOf, print, type ReceiptOptions, receiptOptions, receiptText } from "../receipt-options.js";
import { salesFile, type TerminalOptions } from "../terminal-session.js";
import { withSettings } from "../terminal-settings.js";

type SalesOptions = Pick<TerminalOptions, "node" | "sales">;

/** The till that options name. */
export const tillOf = (options: Pick<TerminalOptions, "node" | "sales">): Till => ({
  node: options.node,
  sales: resolve(salesFile(options)),
});

/** The unix seconds of a local day, which has 23 to 25 hours. @throws ParseError */
export function dayOf(text: string | undefined): { from: number; to: number } {
  const day = text === undefined ? new Date() : new Date(`${text}T00:00:00`);
  const isDate =
    text === undefined || (/^\d{4}-\d\d-\d\d$/.test(text) && day.getDate() === Number(text.slice(8)));
  if (!isDate) throw new ParseError("--day", TERMINAL.papers.day(text ?? ""));
  const midnight = (days: number): number =>
    new Date(day.getFullYear(), day.getMonth(), day.getDate() + days).getTime() / 1000;
  return { from: midnight(0), to: midnight(1) };
}

/** Totals for people. */
export const renderTotals = (totals: ReturnType<typeof totalsOf>): string =>
  renderRecord([
    [RECEIPT.totals.paid, `${RECEIPT.count(totals.paid)}, ${shownMsat(totals.received)}`],
    [RECEIPT.totals.refunded, shownMsat(totals.refunded)],
    [RECEIPT.totals.cancelled, String(totals.cancelled)],
    [RECEIPT.totals.unfinished, totals.unfinished ? String(totals.unfinished) : undefined],
    ...(totals.accepted.sales === 0
      ? []
      : ([
          [
            RECEIPT.totals.accepted,
            `${RECEIPT.count(totals.accepted.sales)}, ${shownMsat(totals.accepted.amount)}`,
          ],
          [`  ${RECEIPT.totals.acceptedPaid}`, shownMsat(totals.accepted.paid)],
          [`  ${RECEIPT.totals.acceptedRefused}`, shownMsat(totals.accepted.refused)],
          [`  ${RECEIPT.totals.acceptedOpen}`, shownMsat(totals.accepted.open)],
        ] as const)),
  ]);

/** Why a sale was cancelled, in a word: `merchant`, `expired`, or the payer's reason (specs/08 §5). */
const why = ({ cancelReason, reasonCode }: ReportedSale): string | undefined =>
  cancelReason === "rejected" ? describeReason(reasonCode).name : cancelReason;

async function report(
  context: CommandContext,
  options: SalesOptions & CsvOptions & { day?: string; csv?: string },
): Promise<CommandOutput> {
  const form = csvForm(options, systemTimeZone());
  const sales = await salesAtTill(tillOf(options), dayOf(options.day), context.signal);
  const totals = totalsOf(sales);
  if (options.csv !== undefined) writeCsv(options.csv, salesCsv(sales, form));
  return {
    data: {
      totals,
      sales: sales.map((sale) => ({ ...receiptOf(sale), state: sale.state, reason: why(sale) })),
    },
    text: `${renderTotals(totals)}${options.csv === undefined ? "" : `\n${TERMINAL.papers.written(sales.length, options.csv)}`}`,
  };
}

const numberOf = (text: string, name: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InputError(TERMINAL.papers.number(name, text.slice(0, 20)));
  return Number.parseInt(text, 10);
};

async function receipt(
  context: CommandContext,
  text: string,
  options: SalesOptions & ReceiptOptions,
): Promise<CommandOutput> {
  const sale = await saleAtTill(tillOf(options), numberOf(text, "sale"), context.signal);
  const lines = receiptText(receiptOf(sale), options);
  const isPrinted = await print(context, lines, options);
  const isMissing = options.printer !== undefined && !isPrinted;
  return {
    data: { receipt: receiptOf(sale), state: sale.state, printed: isPrinted },
    text: sale.state === "cancelled" ? `${lines.join("\n")}\n${cancelSentence(sale)}` : lines.join("\n"),
    exitCode: isMissing ? EXIT.SERVICE : EXIT.OK,
  };
}

interface DayOptions extends SalesOptions, ReceiptOptions {
  readonly preview?: boolean;
  readonly show?: string | true;
}

function dayRequestOf({ preview, show }: DayOptions): DayRequest {
  if (preview && show !== undefined) throw new InputError("choose one of --preview and --show");
  if (preview) return { do: "preview" };
  if (show === undefined) return { do: "close" };
  return show === true ? { do: "show" } : { do: "show", z: numberOf(show, "--show") };
}

async function day(context: CommandContext, options: DayOptions): Promise<CommandOutput> {
  columnsOf(options);
  const request = dayRequestOf(options);
  const answer = await dayAtTill(tillOf(options), request, context.signal);
  const lines = dayLines(answer, options);
  const isPrinted = await print(context, lines, options);
  const isMissing = options.printer !== undefined && !isPrinted;
  const nothingNew = request.do === "close" && !answer.isNew;
  return {
    data: { ...(answer.closed ?? answer.open), isNew: answer.isNew, printed: isPrinted },
    text: `${nothingNew ? `${TERMINAL.papers.nothingNew}\n` : ""}${lines.join("\n")}`,
    exitCode: isMissing ? EXIT.SERVICE : EXIT.OK,
  };
}

function dayLines({ closed, open }: DayAnswer, options: ReceiptOptions): string[] {
  const columns = columnsOf(options);
  const totals = closed ?? open;
  if (!totals) throw new RangeError("a day without totals");
  const rows = dayRows({ ...totals, first: totals.first, last: totals.last });
  const line = ([name, value = ""]: readonly [string, string | undefined]) =>
    name + value.padStart(Math.max(value.length + 1, columns - name.length));
  return [
    options.place,
    closed ? `Z ${closed.z}` : RECEIPT.day.notClosed,
    shownTime(new Date(closed ? closed.closedAt * 1000 : Date.now()).toISOString(), systemTimeZone()),
    "",
    ...rows.filter(([, value]) => value !== undefined).map(line),
  ];
}

/** Adds the commands that look back: reports, receipts, days. @param common adds the options of a till */
export function registerTerminalPapers(
  terminal: Command,
  run: RunAction,
  common: (command: Command) => Command,
): void {
  csvOptions(
    common(
      terminal.command("report").description("the sales of a day: totals, CSV; also while the till sells"),
    ),
  )
    .option("--day <date>", "2026-11-22; default: today")
    .option("--csv <file>", "write the sales as CSV")
    .action((options: SalesOptions & CsvOptions & { day?: string; csv?: string }) =>
      run((context) => report(context, options)),
    );
  const printed = (command: Command): Command =>
    receiptOptions(common(command)).option("--place <text>", "printed on top");
  printed(terminal.command("receipt <sale>").description("show the receipt of a sale again, and print it"))
    .addHelpText(
      "after",
      "\nExample:\n  chequecard terminal receipt 12 --node shop --printer /dev/usb/lp0 --paper 80\n",
    )
    .action((sale: string, options: SalesOptions & ReceiptOptions) =>
      run((context) => receipt(context, sale, withSettings(options))),
    );
  printed(
    terminal
      .command("day")
      .description("close the day: totals since the last closing, under the next Z number"),
  )
    .option("--preview", "show what it would have, and close nothing")
    .option("--show [z]", "show a closed day again: the last one, or this number")
    .addHelpText(
      "after",
      `
Each final sale and each paid refund is in one day, whatever the clock said: a sale that is open is in a later one. Numbers
begin with 1 and have no gaps; a day that was closed never changes. Works while the till sells.

Examples:
  chequecard terminal day --node shop
  chequecard terminal day --node shop --show 7 --printer /dev/usb/lp0
`,
    )
    .action((options: DayOptions) => run((context) => day(context, withSettings(options))));
}
