import { join } from "node:path";
import { formatMsat } from "../common/index.js";
import { cancelSentence, type Sale, SaleStore, Terminal } from "../host/index.js";
import { openPaymentSender } from "../lightning/api/index.js";
import { qrTerminal } from "../lightning/odt/index.js";
import type { ChargeAmount } from "./charge-amount.js";
import type { CommandContext } from "./command-context.js";
import { openEmbeddedNode } from "./embedded-node.js";
import { InputError } from "./error-report.js";
import { askPin } from "./prompt.js";
import { type ReaderChoice, withReader } from "./reader-choice.js";

/** Options of the commands that sell. */
export interface TerminalOptions extends ReaderChoice {
  readonly node: string;
  readonly sales?: string;
  readonly place: string;
  readonly expiry: string;
  readonly qr?: boolean;
}

/** A terminal over the embedded node of a folder, for the length of `use`. */
export async function withTerminal<T>(
  context: CommandContext,
  options: TerminalOptions,
  use: (terminal: Terminal, store: SaleStore) => Promise<T>,
): Promise<T> {
  const opened = await openEmbeddedNode(options.node);
  try {
    const store = new SaleStore(salesFile(options));
    const sender = await openPaymentSender(opened.node);
    try {
      return await withReader(context, options, (reader) =>
        use(new Terminal({ node: opened.node, sender, store, reader }), store),
      );
    } finally {
      sender.close();
      store.close();
    }
  } finally {
    await opened.close();
  }
}

/** Where the sales of a node are kept. */
export const salesFile = (options: Pick<TerminalOptions, "node" | "sales">): string =>
  options.sales ?? join(options.node, "sales.db");

/** One sale until it is final. */
export async function sell(
  context: CommandContext,
  terminal: Terminal,
  options: TerminalOptions,
  charge: ChargeAmount & { readonly description: string },
): Promise<Sale> {
  return terminal.charge(
    { ...charge, expirySeconds: parseExpiry(options.expiry) },
    {
      onOpen: (sale) => void showSale(context, sale, options.qr !== false && !context.json),
      onNotice: (sentence) => context.note(sentence),
      ...(context.trace ? { trace: context.trace } : {}),
      askPin: (retry) =>
        askPin(retry ? `Wrong PIN, ${retry.triesLeft} tries left. PIN` : "PIN", "CHEQUECARD_PIN"),
    },
    context.signal,
  );
}

async function showSale(context: CommandContext, sale: Sale, withQr: boolean): Promise<void> {
  if (withQr) context.print(await qrTerminal(`lightning:${sale.invoice}`.toUpperCase()));
  context.print(`Sale ${sale.number}: ${formatMsat(sale.amount)}${sale.fiat ? ` (${sale.fiat})` : ""}`);
  context.print(withQr ? "Tap a card, or scan the code. Ctrl-C cancels." : "Tap a card. Ctrl-C cancels.");
}

/** How long a sale stays open. @throws InputError */
export function parseExpiry(text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number.parseInt(text, 10) : 0;
  if (value < 30 || value > 86_400)
    throw new InputError(`--expiry: need 30 to 86400 seconds, have "${text}"`);
  return value;
}

/** Finishes what an earlier run left: sales with a token are asked for again, the others are given up. */
export async function finishLeftovers(
  context: CommandContext,
  terminal: Terminal,
  store: SaleStore,
): Promise<void> {
  for (const sale of store.unfinished()) {
    context.note(
      `Sale ${sale.number} over ${formatMsat(sale.amount)} was left unfinished; finishing it first.`,
    );
    const done =
      sale.token === undefined && sale.state === "open"
        ? await terminal.cancel(sale.number)
        : await terminal.finish(sale, { onNotice: (sentence) => context.note(sentence) }, context.signal);
    context.note(
      done.state === "paid" ? `Sale ${sale.number} is paid.` : `Sale ${sale.number}: ${cancelSentence(done)}`,
    );
  }
}
