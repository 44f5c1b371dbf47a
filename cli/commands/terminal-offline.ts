import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { pause } from "../../common/index.js";
import { shownMsat } from "../../common/languages/shown.js";
import { RECEIPT, SENTENCES, TERMINAL } from "../../common/languages/spoken.js";
import { Forwarder, SaleStore } from "../../host/index.js";
import { acceptedLog } from "../../host/terminal/accepted-log.js";
import { openPaymentSender } from "../../lightning/api/index.js";
import type { CommandContext, RunAction } from "../command-context.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { askNode, askRunning, readAnswer } from "../node/ask-node.js";
import type { AnswerOf, OperationName, RequestOf } from "../node/operations.js";
import { type Carried, exportBundle, takeResults } from "../offline/carrying.js";
import {
  expectNewFolder,
  type WrittenCodes,
  withCarriedFile,
  withOwnFile,
  writePictures,
} from "../offline/code-pictures.js";
import { tillNode } from "../offline/selling-offline.js";
import { readCarried } from "../offline/shop-forwarding.js";
import { openNode } from "../open-node.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { renderTable } from "../table.js";
import { salesFile, type TerminalOptions } from "../terminal-session.js";
import { offlineSettings } from "../terminal-settings.js";
import { formatTime } from "./invoice.js";
import { registerTerminalPack } from "./terminal-pack.js";

type TillOptions = Pick<TerminalOptions, "node" | "sales">;

/** Where the sales of a till are, and a file to write or read. */
const carry = (options: TillOptions, file: string) => ({
  sales: resolve(salesFile(options)),
  folder: resolve(options.node),
  file: resolve(file),
});

/** Opens the file of sales for the moment: no process sells with it. */
function withSales<T>(options: TillOptions, use: (store: SaleStore) => T): T {
  const store = new SaleStore(resolve(salesFile(options)));
  try {
    return use(store);
  } finally {
    store.close();
  }
}

interface BundleOptions extends TillOptions {
  readonly out?: string;
  readonly qr?: string;
}

async function bundle(context: CommandContext, options: BundleOptions): Promise<CommandOutput> {
  const { out, qr } = options;
  if (qr !== undefined) expectNewFolder(qr);
  if (out !== undefined) {
    const made = await writeBundleFile(context, options, out);
    const codes = qr === undefined ? undefined : writePictures(qr, "bundle", readCarried(out, "bundle"));
    return bundleOutput(made, { ...options, ...(codes ? { codes } : {}) });
  }
  if (qr === undefined) throw new InputError(TERMINAL.carry.needPlace);
  return await withOwnFile(options.node, async (file) => {
    const made = await writeBundleFile(context, options, file);
    return bundleOutput(made, { qr, codes: writePictures(qr, "bundle", readCarried(file, "bundle")) });
  });
}

async function writeBundleFile(
  context: CommandContext,
  options: TillOptions,
  file: string,
): Promise<Carried> {
  const request = carry(options, file);
  const served = await askRunning(options.node, "sales-bundle", request, context.signal);
  return served?.isHere
    ? served
    : withSales(options, (store) => exportBundle(store, request.folder, request.file));
}

function bundleOutput(
  { sales, total }: Carried,
  { out, qr, codes }: Pick<BundleOptions, "out" | "qr"> & { readonly codes?: WrittenCodes },
): CommandOutput {
  const { carry: texts } = TERMINAL;
  const pictures = codes && texts.asCodes(qr ?? "", codes.count);
  const place = out !== undefined && pictures !== undefined ? texts.both(out, pictures) : (out ?? pictures);
  const command = `chequecard terminal forward ${out ?? qr} --node SHOP`;
  return {
    data: {
      ...(out === undefined ? {} : { bundle: out }),
      ...(codes ? { codes } : {}),
      ...{ sales, total },
    },
    text: `${texts.written(sales, shownMsat(total), place ?? "")}\n${texts.atShop(command)}`,
  };
}

async function results(
  context: CommandContext,
  files: readonly string[],
  options: TillOptions,
): Promise<CommandOutput> {
  const { paid, refused, open, known } = await withCarriedFile(
    ...([context, files, "results", options.node] as const),
    async (file) => {
      const request = carry(options, file);
      const served = await askRunning(options.node, "sales-results", request, context.signal);
      return served?.isHere
        ? served
        : withSales(options, (store) => takeResults(store, request.folder, request.file));
    },
  );
  return {
    data: { paid, refused, open, known },
    text: renderRecord([
      [TERMINAL.carry.paid, String(paid)],
      [TERMINAL.carry.refused, refused === 0 ? "0" : TERMINAL.carry.seeReport(refused)],
      [TERMINAL.carry.stillOpen, String(open)],
      [TERMINAL.carry.knownBefore, String(known)],
    ]),
  };
}

interface ForwardOptions extends TillOptions {
  readonly results?: string;
  readonly qr?: string;
  readonly wait: string;
}

const POLL_MS = 250;

async function forwardBundle(
  context: CommandContext,
  files: readonly string[],
  options: ForwardOptions,
): Promise<CommandOutput> {
  const { qr } = options;
  if (qr !== undefined) expectNewFolder(qr);
  const [first = ""] = files;
  // Pictures that were named one by one: beside their folder.
  const out = resolve(options.results ?? `${resolve(files.length === 1 ? first : dirname(first))}.results`);
  const deadline = performance.now() + waitMs(options.wait);
  return await withCarriedFile(context, files, "bundle", options.node, (file) =>
    throughNode(context, options.node, async (ask) => {
      const taken = await ask("forward-bundle", { bundle: resolve(file) });
      context.note(TERMINAL.carry.taken(taken.sales, taken.known));
      let totals = await ask("forward-totals", taken.origin);
      while (totals.busy && performance.now() < deadline && !context.signal.aborted) {
        await pause(POLL_MS, context.signal);
        totals = await ask("forward-totals", taken.origin);
      }
      await ask("forward-results", { ...taken.origin, out });
      const codes = qr === undefined ? undefined : writePictures(qr, "results", readCarried(out, "results"));
      const { paid, received, refused, open } = totals;
      return {
        data: { sales: taken.sales, known: taken.known, paid, received, refused, open, results: out, codes },
        text: `${renderRecord([
          [TERMINAL.carry.paid, `${RECEIPT.count(paid)}, ${shownMsat(received)}`],
          [TERMINAL.carry.refused, String(refused)],
          [TERMINAL.carry.open, open === 0 ? "0" : TERMINAL.carry.triedAgain(open)],
        ])}\n${codes ? TERMINAL.carry.resultsAndCodes(out, codes.count, qr ?? "") : TERMINAL.carry.results(out)}`,
        exitCode: open === 0 ? EXIT.OK : context.signal.aborted ? EXIT.INTERRUPTED : EXIT.NOT_PAID,
      };
    }),
  );
}

const waitMs = (text: string): number => {
  if (!/^\d{1,5}$/.test(text)) throw new InputError(TERMINAL.carry.wait(text));
  return 1000 * Number.parseInt(text, 10);
};

type Ask = <Name extends OperationName>(name: Name, request: RequestOf<Name>) => Promise<AnswerOf<Name>>;

/** Asks the process that runs the node, again and again, or runs the node here for as long as this takes. */
async function throughNode<T>(
  context: CommandContext,
  folder: string,
  use: (ask: Ask) => Promise<T>,
): Promise<T> {
  if (await askRunning(folder, "info", {}, context.signal))
    return await use(async (name, request) => (await askNode(folder, name, request, context.signal)).answer);
  const opened = await openNode(folder, { roles: ["merchant"] });
  try {
    await opened.node.channelsReady(10_000);
    return await use(async (name, request) => readAnswer(name, await opened.run({ op: name, ...request })));
  } finally {
    await opened.close();
  }
}

/** What this folder's own terminal has accepted. */
async function forwardOwn(context: CommandContext, options: ForwardOptions): Promise<CommandOutput> {
  if (await askRunning(options.node, "info", {}, context.signal))
    throw new InputError(TERMINAL.carry.byItself, { hint: TERMINAL.carry.seeOpen });
  const opened = await openNode(options.node, { roles: ["merchant"] });
  try {
    await opened.node.channelsReady(10_000);
    const store = new SaleStore(resolve(salesFile(options)));
    try {
      const sender = await openPaymentSender(tillNode(opened.node, store, options.node), store);
      store.accepted.dueNow(Math.floor(Date.now() / 1000));
      const { forwardRate } = offlineSettings(options.node);
      const rate = forwardRate === undefined ? {} : { maxPerSecond: forwardRate };
      const forwarder = new Forwarder({ sender, log: acceptedLog(store), ...rate });
      const counts = { paid: 0, refused: 0, open: 0, unreachable: 0 };
      for (;;) {
        const round = await forwarder.round(context.signal);
        for (const result of round) counts[result]++;
        if (round.length === 0 || context.signal.aborted || round.every((one) => one === "unreachable"))
          break;
      }
      sender.close();
      const left = store.accepted.open();
      return {
        data: { paid: counts.paid, refused: counts.refused, open: left.sales, openAmount: left.total },
        text: renderRecord([
          [TERMINAL.carry.paid, RECEIPT.count(counts.paid)],
          [TERMINAL.carry.refused, String(counts.refused)],
          [TERMINAL.carry.open, `${RECEIPT.count(left.sales)}, ${shownMsat(left.total)}`],
        ]),
        exitCode: left.sales === 0 ? EXIT.OK : EXIT.NOT_PAID,
      };
    } finally {
      store.close();
    }
  } finally {
    await opened.close();
  }
}

/** One page of the accepted sales that are open. */
function accepted(options: TillOptions): CommandOutput {
  return withSales(options, (store) => {
    const open = store.accepted.open();
    const sales = store.accepted.page(0, 1_000);
    return {
      data: {
        ...open,
        first: sales.map(({ number, amount, acceptedAt, invoiceUntil }) => ({
          ...{ number, amount, acceptedAt, invoiceUntil },
        })),
      },
      text: sales.length
        ? renderTable(
            [
              TERMINAL.carry.saleColumn,
              TERMINAL.carry.amountColumn,
              TERMINAL.carry.acceptedColumn,
              TERMINAL.carry.beforeColumn,
            ],
            sales.map(({ number, amount, acceptedAt = 0, invoiceUntil }) => [
              String(number),
              shownMsat(amount),
              formatTime(acceptedAt),
              formatTime(invoiceUntil),
            ]),
          )
        : SENTENCES.offline.nothingHeld,
    };
  });
}

/** Adds the commands of a terminal that sells without a connection. @param common adds the options of a till */
export function registerTerminalOffline(
  terminal: Command,
  run: RunAction,
  common: (command: Command) => Command,
): void {
  registerTerminalPack(terminal, run);
  common(
    terminal.command("accepted").description("sales accepted without a connection that are still open"),
  ).action((options: TillOptions) => run(async () => accepted(options)));
  common(
    terminal
      .command("bundle")
      .description("write what is accepted and open into a file to carry to the shop"),
  )
    .option("--out <file>", "where to write it")
    .option("--qr <folder>", "a new folder for pictures of QR codes, to show on a screen or to print")
    .addHelpText(
      "after",
      `
Works while the terminal sells. Write and carry it as often as you like: the shop forwards each sale once.
QR codes hold about 200 sales; a file holds 20,000.

Examples:
  chequecard terminal bundle --node field --out /media/stick/field.bundle
  chequecard terminal bundle --node field --qr codes
`,
    )
    .action((options: BundleOptions) => run((context) => bundle(context, options)));
  common(terminal.command("results <file...>").description("read what became of carried sales"))
    .addHelpText(
      "after",
      `
<file> is a file of results, or a folder with PNG pictures of its QR codes, or these pictures.

Examples:
  chequecard terminal results /media/stick/field.bundle.results --node field
  chequecard terminal results codes --node field
`,
    )
    .action((files: string[], options: TillOptions) => run((context) => results(context, files, options)));
  common(
    terminal
      .command("forward [bundle...]")
      .description("forward accepted sales to their issuers: those of a bundle, or this folder's own"),
  )
    .option("--results <file>", "where the results for the terminal go; default: beside the bundle")
    .option("--qr <folder>", "a new folder for the results as pictures of QR codes too")
    .option("--wait <seconds>", "how long to wait for answers; the node goes on with what is open", "60")
    .addHelpText(
      "after",
      `
[bundle] is a file, or a folder with PNG pictures of its QR codes, or these pictures, in any order. Nothing is ever paid
twice: carry a bundle late, twice, or by two people. Exit code 0 means that none is open.

Examples:
  chequecard terminal forward /media/stick/field.bundle --node shop
  chequecard terminal forward codes --node shop --qr answers
  chequecard terminal forward --node shop
`,
    )
    .action((files: string[], options: ForwardOptions) =>
      run((context) =>
        files.length === 0 ? forwardOwn(context, options) : forwardBundle(context, files, options),
      ),
    );
}
