import { join, resolve } from "node:path";
import { TransportError } from "../apdu/index.js";
import type { Msat } from "../common/index.js";
import { shownMsat, shownSum } from "../common/languages/shown.js";
import { SENTENCES, TERMINAL } from "../common/languages/spoken.js";
import { type Sale, SaleStore, Terminal } from "../host/index.js";
import type { ChargeAmount } from "../host/terminal/charge-amount.js";
import { openPaymentSender } from "../lightning/api/index.js";
import type { LightningNode } from "../lightning/nodes/port.js";
import type { CommandContext } from "./command-context.js";
import { InputError } from "./error-report.js";
import type { CommandNode } from "./node/operation.js";
import { sellingOffline, tillNode } from "./offline/selling-offline.js";
import { openNode } from "./open-node.js";
import { type CardPinQuestion, cardPinQuestion } from "./prompt/ask.js";
import { askIfPossible } from "./prompt/confirm.js";
import { keyboard } from "./prompt/keyboard.js";
import { type CardTaken, type ReaderChoice, type ReadersNow, withReader } from "./reader-choice.js";
import type { ReceiptOptions } from "./receipt-options.js";
import { terminalCode } from "./terminal-code.js";
import { offlineSettings, takesBoltCards } from "./terminal-settings.js";

/** Options of the commands that sell. */
export interface TerminalOptions extends ReaderChoice, ReceiptOptions {
  readonly node: string;
  readonly sales?: string;
  readonly expiry: string;
  readonly qr?: boolean;
}

/** A counter that is open for sales. */
export interface OpenTerminal {
  readonly terminal: Terminal;
  readonly store: SaleStore;
  readonly node: LightningNode;
  readonly cardTaken: CardTaken;
  readonly readersNow: ReadersNow;
  readonly askPin: CardPinQuestion;
  /** Whether the node or a payer is known to be away. */
  isOffline(): boolean;
  /** Does what a request of the node's control channel asks for. */
  run(request: unknown): Promise<unknown>;
}

const CHANNELS_MS = 10_000;
/** A reminder for a customer who is still holding the card after so long. */
const REMIND_MS = 1_000;

/** A terminal over the embedded node of a folder, for the length of `use`. */
export async function withTerminal<T>(
  context: CommandContext,
  options: TerminalOptions,
  use: (open: OpenTerminal) => Promise<T>,
): Promise<T> {
  const askPin = cardPinQuestion(context);
  keyboard.hold();
  const opened = await openNode(options.node, {
    roles: ["merchant"],
    log: (level, message) => void (level === "error" && context.note(message)),
    ...askIfPossible(context),
  });
  try {
    const path = resolve(salesFile(options));
    const store = new SaleStore(path);
    opened.lend({ path, store });
    try {
      const { node } = opened;
      return await sellThrough(context, options, { node, store, askPin, run: opened.run }, use);
    } finally {
      opened.lend(undefined);
      store.close();
    }
  } finally {
    await opened.close();
  }
}

async function sellThrough<T>(
  context: CommandContext,
  options: TerminalOptions,
  { node, ...open }: Pick<OpenTerminal, "store" | "askPin" | "run"> & { readonly node: CommandNode },
  use: (open: OpenTerminal) => Promise<T>,
): Promise<T> {
  // A payment that arrives before the channels do fails for certain.
  if (!(await node.channelsReady(CHANNELS_MS))) context.note(SENTENCES.sale.channelsMissing);
  const { store } = open;
  const settings = offlineSettings(options.node);
  const offline = sellingOffline(context, options.node, { node, store, settings });
  const { network } = await node.info();
  const boltCards = takesBoltCards(options.node) ? { network } : undefined;
  const sender = await openPaymentSender(tillNode(node, store, options.node), store);
  try {
    return await withReader(context, options, (reader, cardTaken, readersNow) => {
      offline?.start(sender);
      const desk = offline ? { offline: offline.desk } : {};
      const parts = { node, sender, store, reader, boltCards, ...desk };
      const isOffline = () => offline?.desk.outages.none === false;
      return use({ ...open, terminal: new Terminal(parts), node, cardTaken, readersNow, isOffline });
    });
  } finally {
    sender.close();
    await offline?.close();
  }
}

/** Where the sales of a node are kept. */
export const salesFile = (options: Pick<TerminalOptions, "node" | "sales">): string =>
  options.sales ?? join(options.node, "sales.db");

/** A sale that is final. */
export interface Sold {
  readonly sale: Sale;
  /** On the card, where its issuer tells. */
  readonly left: Msat | undefined;
}

/**
 * One sale until it is final.
 * @throws InputError when a PIN is needed and cannot be asked for; the sale is cancelled then
 */
export async function sell(
  context: CommandContext,
  { terminal, askPin }: OpenTerminal,
  options: TerminalOptions,
  charge: ChargeAmount & { readonly description: string },
): Promise<Sold> {
  const giveUp = new AbortController();
  let unasked: InputError | undefined;
  let left: Msat | undefined;
  const sale = await terminal.charge(
    { ...charge, expirySeconds: parseExpiry(options.expiry) },
    {
      onOpen: (opened) => void showSale(context, opened, options.qr !== false && !context.json),
      onNotice: (sentence) => context.note(sentence),
      onLeft: (told) => {
        left = told;
      },
      ...(context.trace ? { trace: context.trace } : {}),
      askPin: (retry, signal) =>
        askPin(retry, signal).catch((error) => {
          if (!(error instanceof InputError)) throw error;
          unasked = error;
          giveUp.abort();
          return undefined;
        }),
    },
    AbortSignal.any([context.signal, giveUp.signal]),
  );
  if (unasked && sale.state !== "paid" && sale.state !== "accepted") throw unasked;
  return { sale, left };
}

async function showSale(context: CommandContext, sale: Sale, withQr: boolean): Promise<void> {
  // What a phone pays to a deputy is not seen here.
  const isDeputys = sale.invoiceOf === "deputy";
  const code =
    withQr && !isDeputys
      ? terminalCode(context, `lightning:${sale.invoice}`.toUpperCase(), TERMINAL.code.tap)
      : undefined;
  if (code) context.print(code.text);
  const sum = `${shownMsat(sale.amount)}${sale.fiat ? ` (${shownSum(sale.fiat)})` : ""}`;
  context.print(TERMINAL.sell.sale(sale.number, sum));
  const { tapOrScan, tap } = SENTENCES.sale;
  context.print(isDeputys ? SENTENCES.offline.tap : code?.fits ? tapOrScan : tap);
}

/** How long a sale stays open. @throws InputError */
export function parseExpiry(text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number.parseInt(text, 10) : 0;
  if (value < 30 || value > 86_400) throw new InputError(TERMINAL.sell.expiry(text));
  return value;
}

/** Between two sales: a card that still lies there must not pay the next customer's. */
export async function untilCardTaken(context: CommandContext, { cardTaken }: OpenTerminal): Promise<void> {
  const reminder = setTimeout(() => context.note(SENTENCES.sale.takeCard), REMIND_MS);
  try {
    await cardTaken(context.signal);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
  } finally {
    clearTimeout(reminder);
  }
}
