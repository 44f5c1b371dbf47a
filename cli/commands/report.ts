import { byLabel, formatMsat, msat, plural } from "../../common/index.js";
import { type Debtor, debtors } from "../../issuer/ledger/guarantee.js";
import { listPacks } from "../../issuer/ledger/packs.js";
import {
  compareWithNode,
  eachLabel,
  type NodeComparison,
  type SpendingReport,
  spendingCsv,
  spendingReport,
} from "../../issuer/reports/index.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { writeCsv } from "../csv-file.js";
import { type CsvOptions, csvForm, csvOptions } from "../csv-options.js";
import { EXIT } from "../exit-codes.js";
import { cardText } from "../issuer/card-choice.js";
import { type IssuerChoice, issuerOption, withIssuerLedger } from "../issuer/folder.js";
import { withNodeBooks } from "../issuer/node-books.js";
import { nodeData, nodeLabel, nodeTable } from "../issuer/node-view.js";
import { packData, packTable } from "../issuer/packs.js";
import { type DaySpan, readSpan } from "../issuer/time-span.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { renderTable } from "../table.js";

interface ReportOptions extends IssuerChoice, DaySpan, CsvOptions {
  readonly csv?: string;
  readonly reconcile?: boolean;
}

/** Rows of a table for people; all of them are in `--json` and `--csv`. */
const SHOWN = 30;

type Sum = SpendingReport["total"];

/** What people call payees and cards. */
interface Names {
  /** By node id, hex. */
  readonly payees: Readonly<Record<string, string>>;
  readonly labels: ReadonlyMap<bigint, string>;
}

const payeesOf = ({ payees }: SpendingReport, names: Names) =>
  [...payees]
    .map(([payee, sum]) => ({ payee, name: names.payees[payee], sum }))
    .sort((a, b) => byLabel(a.name ?? `\uffff${a.payee}`, b.name ?? `\uffff${b.payee}`));

const cardsOf = ({ cards }: SpendingReport, { labels }: Names) =>
  [...cards]
    .map(([card, sum]) => ({ card, label: labels.get(card) ?? "", sum }))
    .sort((a, b) => byLabel(a.label, b.label));

/** A report in `--json`. */
export const spendingData = (report: SpendingReport, names: Names) => ({
  total: report.total,
  books: report.books,
  days: [...report.days].map(([day, sum]) => ({ day, ...sum })),
  payees: payeesOf(report, names).map(({ payee, name, sum }) => ({ payee, name, ...sum })),
  cards: cardsOf(report, names).map(({ card, label, sum }) => ({ card: cardText(card), label, ...sum })),
  nodes: report.nodes.map((one) => ({ ...nodeData(one), ...one.spent })),
});

function sumTable(head: string, sums: Iterable<readonly [string, Sum]>): string {
  const rows = [...sums].map(([name, { payments, amount, fees }]) => [
    name,
    String(payments),
    formatMsat(amount),
    formatMsat(fees),
  ]);
  if (rows.length === 0) return "";
  const more = rows.length > SHOWN ? `\nand ${rows.length - SHOWN} more: --csv or --json has them all` : "";
  return `${renderTable([head, "PAYMENTS", "AMOUNT", "ROUTING FEES"], rows.slice(0, SHOWN))}${more}`;
}

function spendingText(report: SpendingReport, names: Names): string {
  const { total, books } = report;
  return [
    sumTable("DAY", report.days),
    sumTable(
      "PAYEE",
      payeesOf(report, names).map(({ payee, name, sum }) => [
        name === undefined ? payee : `${name} (${payee.slice(0, 12)}...)`,
        sum,
      ]),
    ),
    sumTable(
      "CARD",
      cardsOf(report, names).map(({ card, label, sum }) => [`${cardText(card)} ${label}`.trim(), sum]),
    ),
    // One node's sums are those of all.
    report.nodes.length < 2
      ? ""
      : sumTable(
          "NODE",
          report.nodes.map((one) => [nodeLabel(one), one.spent]),
        ),
    renderRecord([
      ["Payments", `${total.payments}, ${formatMsat(total.amount)}`],
      ["Routing fees", formatMsat(total.fees)],
    ]),
    `All time\n${renderRecord([
      ["Paid in", formatMsat(books.paidIn)],
      ["Spent", formatMsat(books.settled)],
      ["In flight", formatMsat(books.reserved)],
      ["Held for fees", books.heldForFees === 0n ? undefined : formatMsat(books.heldForFees)],
      ["Refunded", books.refunded === 0n ? undefined : formatMsat(books.refunded)],
      ["Paid out", formatMsat(books.paidOut)],
      ["Left on cards", formatMsat(books.left)],
      [
        "Routing fees",
        books.feesCharged === 0n
          ? `${formatMsat(books.fees)}, borne by the issuer`
          : `${formatMsat(books.fees)}: cards bore ${formatMsat(books.feesCharged)}, the issuer ${formatMsat(books.fees - books.feesCharged)}`,
      ],
      ["Paid from the guarantee", books.guaranteed === 0n ? undefined : formatMsat(books.guaranteed)],
      ["Owed by cards for it", books.guaranteed === 0n ? undefined : formatMsat(books.owed)],
      ["Paid without an authorization", books.unmatched === 0n ? undefined : formatMsat(books.unmatched)],
    ])}`,
  ]
    .concat(report.nodes.length < 2 ? [] : [`Nodes\n${nodeTable(report.nodes)}`])
    .filter(Boolean)
    .join("\n\n");
}

/** A comparison with the node in `--json`. */
export const comparisonData = ({
  compared,
  ofOtherNodes,
  settled,
  differences,
  listed,
  unknown,
}: NodeComparison) => ({
  compared,
  ofOtherNodes,
  settled,
  differences: differences.map((one) => ({ ...one, card: cardText(one.card), counter: String(one.counter) })),
  listed,
  unknown: unknown.map((one) => ({ ...one, booked: one.booked ?? "not yet" })),
});

/** How many differences will not go away by themselves. */
export const differencesThatStay = ({ differences, unknown }: NodeComparison): number =>
  [...differences, ...unknown].filter(({ wrong }) => wrong).length;

const comparisonText = (comparison: NodeComparison): string =>
  [differencesText(comparison), unknownText(comparison)].join("\n");

function unknownText({ listed, unknown }: NodeComparison): string {
  const head = `${plural(listed, "payment")} of the node compared with the ledger:`;
  if (unknown.length === 0) return `${head} every one that settled has its authorization.`;
  const rows = unknown
    .slice(0, SHOWN)
    .map((one) => [
      one.paymentHash.toString("hex"),
      formatMsat(one.amount),
      formatMsat(one.fee),
      new Date(one.sentAt).toISOString(),
      one.booked ?? "not booked yet",
    ]);
  return `${head} ${unknown.length} settled without an authorization.\n${renderTable(
    ["PAYMENT HASH", "AMOUNT", "ROUTING FEE", "SENT", "UNMATCHED ACCOUNT"],
    rows,
  )}\nSee docs/issuer.md, "Payments without an authorization".`;
}

function differencesText({ compared, ofOtherNodes, settled, differences }: NodeComparison): string {
  const wrong = differences.filter((one) => one.wrong);
  const head = `${plural(compared, "authorization")} compared with the node: ${plural(settled.payments, "payment")} over ${formatMsat(settled.amount)} agree.${ofOtherNodes === 0 ? "" : ` ${ofOtherNodes} are of other nodes: run this beside each.`}`;
  if (differences.length === 0) return `${head} No difference.`;
  return `${head}\n${
    wrong.length === 0
      ? "The rest is in flight or will be booked by itself:"
      : `${wrong.length} do NOT agree; keep ledger and node as they are and find out why:`
  }\n${renderTable(
    ["CARD", "COUNTER", "AMOUNT", "LEDGER", "NODE", ""],
    differences
      .slice(0, SHOWN)
      .map((one) => [
        cardText(one.card),
        one.counter.toString(),
        formatMsat(one.amount),
        one.ledger,
        one.node,
        one.what,
      ]),
  )}`;
}

function debtTable(debts: readonly Debtor[]): string {
  const rows = debts.map(({ card, label, owed }) => [cardText(card), label, formatMsat(msat(owed))]);
  const more = rows.length > SHOWN ? `\nand ${rows.length - SHOWN} more: --json has them all` : "";
  return `${renderTable(["CARD", "LABEL", "OWES"], rows.slice(0, SHOWN))}${more}`;
}

async function report(context: CommandContext, options: ReportOptions): Promise<CommandOutput> {
  return withIssuerLedger(context, options, async (store, config) => {
    const { timeZone } = config;
    const form = csvForm(options, timeZone, config.currency);
    const spending = await spendingReport(store, { ...readSpan(options, timeZone), timeZone });
    const labels = new Map<bigint, string>();
    for await (const { card, label } of eachLabel(store.db)) labels.set(card, label);
    const names = { payees: config.payees, labels };
    if (options.csv !== undefined) writeCsv(options.csv, spendingCsv(spending, cardText, names, form));
    const comparison = options.reconcile
      ? await withNodeBooks(context, config, (books) => compareWithNode(store, books, Date.now()))
      : undefined;
    const wrong = comparison !== undefined && differencesThatStay(comparison) > 0;
    const now = Date.now();
    const packs = await listPacks(store.db);
    const debts = await debtors(store.db);
    return {
      data: {
        timeZone,
        ...spendingData(spending, names),
        packs: packs.map((row) => packData(row, now)),
        debts: debts.map(({ card, label, owed }) => ({ card: cardText(card), label, owed })),
        ...(comparison ? { node: comparisonData(comparison) } : {}),
      },
      text: [
        spendingText(spending, names),
        debts.length === 0 ? "" : `Cards that owe for guaranteed payments\n${debtTable(debts)}`,
        packs.length === 0 ? "" : `Acceptance packs\n${packTable(packs, now)}`,
        options.csv === undefined ? "" : `Written by day, payee and card to ${options.csv}.`,
        comparison ? comparisonText(comparison) : "",
      ]
        .filter(Boolean)
        .join("\n\n"),
      exitCode: wrong ? EXIT.CHECK_FAILED : EXIT.OK,
    };
  });
}

export const registerReport: RegisterCommand = (program, run) => {
  csvOptions(
    issuerOption(
      program.command("report").description("what was paid by day, payee and card, and what the books say"),
    )
      .option("--from <day>", "settled on this day or later, such as 2026-11-22")
      .option("--to <day>", "settled on this day or before")
      .option("--csv <file>", "write it by day, payee and card as CSV"),
    { priced: true },
  )
    .option(
      "--reconcile",
      "compare every authorization with the node, and every payment of the node with the ledger",
    )
    .addHelpText(
      "after",
      `
Days are those of the time zone in the configuration.

Examples:
  chequecard report --issuer festival
  chequecard report --issuer festival --from 2026-11-20 --csv weekend.csv --reconcile
`,
    )
    .action((options: ReportOptions) => run((context) => report(context, options)));
};
