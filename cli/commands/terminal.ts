import { ChequecardError, ParseError, parseAmount } from "../../common/index.js";
import { shownMsat } from "../../common/languages/shown.js";
import { RECEIPT, SENTENCES, TERMINAL } from "../../common/languages/spoken.js";
import { cancelSentence, receiptOf, SaleError, totalsOf } from "../../host/index.js";
import { canonicalInvoice, invoiceOf } from "../../lightning/bolt11/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { type ChargeOptions, isMeant, readCharge } from "../charge-check.js";
import type { CommandContext, RegisterCommand, RunAction } from "../command-context.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { type HttpChoice, httpOptions, readHttpOptions } from "../http-options.js";
import { withLeftovers } from "../leftovers.js";
import { askNode } from "../node/ask-node.js";
import type { RefundOrder } from "../node/sales-operations.js";
import { refundAtTill, totalsAtTill } from "../node/till.js";
import { expectNode } from "../open-node.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { keyboard } from "../prompt/keyboard.js";
import { columnsOf, print, type ReceiptOptions, receiptText } from "../receipt-options.js";
import { nodeOptions, sellingOptions } from "../selling-options.js";
import { speaking } from "../speaking.js";
import { serveTillHttp, TILL_PORT } from "../terminal-http.js";
import {
  parseExpiry,
  type Sold,
  sell,
  type TerminalOptions,
  untilCardTaken,
  withTerminal,
} from "../terminal-session.js";
import { lndOfFolder, tillSettings, withSettings } from "../terminal-settings.js";
import { type KeyPlace, registerApiKeys } from "./api-keys.js";
import { registerWebhooks } from "./api-webhooks.js";
import { registerTerminalOffline } from "./terminal-offline.js";
import { dayOf, registerTerminalPapers, renderTotals, tillOf } from "./terminal-papers.js";

interface AmountOptions extends ChargeOptions {
  readonly amount: string;
  readonly description?: string;
}

/** Prints the receipt of a paid sale, too. */
async function saleOutput(
  context: CommandContext,
  { sale, left }: Sold,
  options: ReceiptOptions,
): Promise<CommandOutput> {
  const paid = sale.state === "paid";
  const isAccepted = sale.state === "accepted";
  const lines = receiptText(receiptOf(sale), options, left);
  if (paid || isAccepted) await print(context, lines, options);
  const stopped = context.signal.aborted && sale.cancelReason === "merchant";
  return {
    data: {
      receipt: receiptOf(sale),
      left,
      state: sale.state,
      reason: paid || isAccepted ? undefined : cancelSentence(sale),
    },
    text: isAccepted
      ? `\n${lines.join("\n")}\n\n${SENTENCES.offline.accepted(shownMsat(sale.amount))}`
      : paid
        ? `\n${lines.join("\n")}`
        : cancelSentence(sale),
    // Accepted is not paid; --json says which it is.
    exitCode: paid ? EXIT.OK : stopped ? EXIT.INTERRUPTED : EXIT.NOT_PAID,
  };
}

async function charge(
  context: CommandContext,
  options: TerminalOptions & AmountOptions,
): Promise<CommandOutput> {
  const wanted = readCharge(options.amount, options);
  parseExpiry(options.expiry);
  columnsOf(options);
  return withTerminal(context, options, (open) =>
    withLeftovers(context, open, async () => {
      if (!(await isMeant(context, open.store, wanted, options)))
        throw new InputError(SENTENCES.sale.notMeant);
      const sold = await sell(context, open, options, {
        ...wanted,
        description: options.description ?? options.place,
      });
      return await saleOutput(context, sold, options);
    }),
  );
}

async function serve(
  context: CommandContext,
  options: TerminalOptions & ChargeOptions & HttpChoice,
): Promise<CommandOutput> {
  parseExpiry(options.expiry);
  columnsOf(options);
  const http = await readHttpOptions(options, TILL_PORT);
  if (http) tillSettings(options.node, options.currency);
  return withTerminal(context, options, (open) =>
    withLeftovers(context, open, async (leftovers) => {
      const before = open.store.lastNumber();
      if (http) {
        await serveTillHttp(context, open, options, http);
        const totals = totalsOf(open.store.after(before));
        return { data: totals, text: renderTotals(totals) };
      }
      context.print(TERMINAL.sell.typeAmount);
      for (;;) {
        const line = await keyboard.line("> ", context.signal);
        if (line === undefined || line.trim() === "") break;
        const [amount = "", ...words] = line.trim().split(/\s+/);
        try {
          const wanted = readCharge(amount, options);
          if (!(await isMeant(context, open.store, wanted, options)))
            throw new InputError(SENTENCES.sale.notMeant);
          const sold = await sell(context, open, options, {
            ...wanted,
            description: words.join(" ") || options.place,
          });
          context.print((await saleOutput(context, sold, options)).text);
          await untilCardTaken(context, open);
        } catch (error) {
          // A node or a disk that fails ends this sale, not the day.
          const isOver = [ParseError, InputError, NodeError, SaleError].some((kind) => error instanceof kind);
          if (!(isOver && error instanceof ChequecardError)) throw error;
          context.note([error.message, error.hint].filter(Boolean).join(" "));
          await leftovers.take();
        }
        if (context.signal.aborted) break;
        context.print(TERMINAL.sell.nextAmount);
      }
      const totals = totalsOf(open.store.after(before));
      return {
        data: totals,
        text: renderTotals(totals),
      };
    }),
  );
}

async function balance(context: CommandContext, options: TerminalOptions): Promise<CommandOutput> {
  const { answer: info } = await askNode(options.node, "info", {}, context.signal);
  const { alias, outbound, inbound, channelsUsable } = info;
  const totals = await totalsAtTill(tillOf(options), dayOf(undefined), context.signal);
  if (!lndOfFolder(options.node)) context.note(TERMINAL.balance.embedded);
  if (!channelsUsable) context.note(TERMINAL.balance.channelMissing);
  return {
    data: { alias, outbound, inbound, channelsUsable, today: totals },
    text: renderRecord([
      [TERMINAL.balance.node, alias],
      [TERMINAL.balance.canSend, shownMsat(outbound)],
      [TERMINAL.balance.canReceive, shownMsat(inbound)],
      [TERMINAL.balance.today, `${RECEIPT.count(totals.paid)}, ${shownMsat(totals.received)}`],
    ]),
  };
}

async function refund(
  context: CommandContext,
  options: TerminalOptions & RefundOptions,
  number: string,
): Promise<CommandOutput> {
  const order = refundOrder(options, number);
  const told = await refundAtTill(tillOf(options), order, context.signal);
  if ("refused" in told)
    return {
      data: told,
      text: SENTENCES.refund.refused(order.number, told.refused.sentence),
      exitCode: EXIT.NOT_PAID,
    };
  const { amount, state, to } = told.refund;
  const { paid, paidToCard, inFlight } = SENTENCES.refund;
  const done = to === "card" ? paidToCard : paid;
  return {
    data: told,
    text: state === "paid" ? done(shownMsat(amount), order.number) : inFlight(order.number),
    exitCode: state === "paid" ? EXIT.OK : EXIT.NOT_PAID,
  };
}

interface RefundOptions {
  readonly invoice?: string;
  readonly amount?: string;
}

/** @throws InputError, ParseError */
function refundOrder({ invoice, amount }: RefundOptions, number: string): RefundOrder {
  if (!/^[1-9]\d{0,8}$/.test(number)) throw new InputError(TERMINAL.papers.number("sale", number));
  const sale = { number: Number.parseInt(number, 10) };
  if (invoice === undefined)
    return amount === undefined ? sale : { ...sale, amount: parseAmount(amount, "--amount") };
  if (amount === undefined) return { ...sale, invoice: canonicalInvoice(invoiceOf(invoice)) };
  throw new InputError(TERMINAL.refund.oneAmount);
}

export const registerTerminal: RegisterCommand = (program, run: RunAction) => {
  const terminal = speaking(program.command("terminal").description("sell: charge cards at a counter"));
  sellingOptions(terminal.command("charge").description("one sale: shows the QR code, waits for the tap"))
    .requiredOption("--amount <amount>", "2500sat, 0.0001btc, or 3.50eur with --rate")
    .option("--description <text>", "what is sold; payers see it")
    .addHelpText(
      "after",
      `
Paid means that the merchant's own invoice is settled, and nothing else. Ctrl-C cancels the sale so that it cannot
be paid any more. A sale that a killed terminal left is finished first.

Examples:
  chequecard terminal charge --node shop --amount 2500sat --reader ACR1252
  chequecard terminal charge --node shop --amount 3.50eur --rate 61500eur --card card.json
`,
    )
    .action((options: TerminalOptions & AmountOptions) =>
      run((context) => charge(context, withSettings(options))),
    );
  httpOptions(
    sellingOptions(
      terminal.command("serve").description("sale after sale: type amounts, see totals at the end"),
    ),
    TILL_PORT,
  )
    .addHelpText(
      "after",
      `
With --http amounts come from programs instead of the keyboard: docs/api.md.

Examples:
  chequecard terminal serve --node shop --reader ACR1252 --rate 61500eur
  chequecard terminal serve --node shop --http
`,
    )
    .action((options: TerminalOptions & ChargeOptions & HttpChoice) =>
      run((context) => serve(context, withSettings(options))),
    );
  registerTerminalPapers(terminal, run, nodeOptions);
  registerTerminalOffline(terminal, run, nodeOptions);
  const place: KeyPlace = {
    of: "the till",
    roles: ["till", "shift-lead", "read"],
    option: (command) => command.requiredOption("--node <folder>", "the merchant's node"),
    folderOf: (_context, { node = "" }) => {
      expectNode(node);
      return node;
    },
    port: TILL_PORT,
    isAudited: false,
  };
  registerApiKeys(terminal, run, place);
  registerWebhooks(terminal, run, place, ["sale.paid", "sale.refused", "sale.refunded"]);
  nodeOptions(
    terminal.command("balance").description("what the node can send and receive, and today's sales"),
  ).action((options: TerminalOptions) => run((context) => balance(context, options)));
  nodeOptions(
    terminal
      .command("refund <sale>")
      .description("pay money of a sale back, once: to the card that paid, or to an invoice"),
  )
    .option("--amount <amount>", "to the card: a part of the sale, such as 500sat; default: all of it")
    .option("--invoice <bolt11>", "to this invoice of the customer, over at most what was received")
    .addHelpText(
      "after",
      `
Without --invoice the card's issuer is asked for an invoice of its own and credits the card once that is paid; the
card shows it after its next tap. The same command again goes on with a refund that is not confirmed.

Examples:
  chequecard terminal refund 12 --node shop
  chequecard terminal refund 12 --node shop --amount 500sat
  chequecard terminal refund 12 --node shop --invoice lnbc...
`,
    )
    .action((sale: string, options: TerminalOptions & RefundOptions) =>
      run((context) => refund(context, options, sale)),
    );
};
