import { bytesToHex } from "../../common/index.js";
import { shownMsat } from "../../common/languages/shown.js";
import { TERMINAL } from "../../common/languages/spoken.js";
import {
  canonicalInvoice,
  decodeInvoice,
  type Invoice,
  InvoiceError,
  invoiceHash,
  invoiceOf,
  invoiceProblem,
  isNetwork,
  NETWORK_NAMES,
} from "../../lightning/bolt11/index.js";
import type { Network } from "../../lightning/network.js";
import type { RegisterCommand } from "../command-context.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { speaking } from "../speaking.js";

/** A network as `--network` takes it. @throws InputError */
export function parseNetwork(text: string): Network {
  if (isNetwork(text)) return text;
  const names = Object.entries(NETWORK_NAMES).map(([prefix, name]) => `${prefix} (${name})`);
  throw new InputError(`--network: need one of ${names.join(", ")}; have "${text}"`);
}

/** `2026-11-22 13:00:00 UTC` */
export const formatTime = (unixSeconds: number): string => {
  const date = new Date(unixSeconds * 1000);
  // An expiry may be longer than any calendar.
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999) return "after the year 9999";
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
};

/** An invoice given on the command line: canonical and decoded. @throws ParseError */
export function readInvoiceArgument(text: string): Invoice {
  return decodeInvoice(canonicalInvoice(invoiceOf(text)));
}

function decode(text: string, network: Network | undefined): CommandOutput {
  const invoice = readInvoiceArgument(text);
  const now = Math.floor(Date.now() / 1000);
  const problem = invoiceProblem(invoice, { network: network ?? invoice.network, now });
  const data = {
    invoice: invoice.text,
    invoiceHash: invoiceHash(invoice.text),
    network: invoice.network,
    amountMsat: invoice.amount,
    description: invoice.description,
    descriptionHash: invoice.descriptionHash,
    paymentHash: invoice.paymentHash,
    payee: invoice.payee,
    timestamp: invoice.timestamp,
    expiresAt: invoice.expiresAt,
    minFinalCltv: invoice.minFinalCltv,
    metadata: invoice.metadata,
    routeHints: invoice.routeHints,
    problem: problem && { code: problem.code, message: problem.message },
  };
  const text_ = renderRecord([
    [TERMINAL.invoice.network, NETWORK_NAMES[invoice.network]],
    [
      TERMINAL.invoice.amount,
      invoice.amount === undefined ? TERMINAL.invoice.noAmount : shownMsat(invoice.amount),
    ],
    [
      TERMINAL.invoice.description,
      invoice.description === undefined ? undefined : JSON.stringify(invoice.description),
    ],
    [TERMINAL.invoice.descriptionHash, invoice.descriptionHash && bytesToHex(invoice.descriptionHash)],
    [TERMINAL.invoice.payee, bytesToHex(invoice.payee)],
    [TERMINAL.invoice.paymentHash, bytesToHex(invoice.paymentHash)],
    [TERMINAL.invoice.made, formatTime(invoice.timestamp)],
    [TERMINAL.invoice.expires, formatTime(invoice.expiresAt)],
    [TERMINAL.invoice.invoiceHash, TERMINAL.invoice.signed(bytesToHex(data.invoiceHash))],
    [TERMINAL.invoice.payable, problem ? TERMINAL.invoice.no(problem.message) : TERMINAL.invoice.yes],
  ]);
  return { data, text: text_, ...(problem instanceof InvoiceError ? { exitCode: EXIT.CHECK_FAILED } : {}) };
}

export const registerInvoice: RegisterCommand = (program, run) => {
  const invoice = speaking(program.command("invoice").description("inspect BOLT 11 invoices"));
  invoice
    .command("decode <bolt11>")
    .description("show what an invoice says and whether it can be paid now")
    .option("--network <prefix>", "network it has to be for: bc, tb, tbs, bcrt or sb")
    .addHelpText(
      "after",
      "\nExamples:\n  chequecard invoice decode lnbc25m1...\n  chequecard --json invoice decode lightning:LNBC25M1... --network bc\n",
    )
    .action((text: string, options: { network?: string }) =>
      run(async () =>
        decode(text, options.network === undefined ? undefined : parseNetwork(options.network)),
      ),
    );
};
