import { resolve } from "node:path";
import type { Command } from "commander";
import { bytesToHex, formatMsat, pause, plural, visible } from "../../common/index.js";
import { SENTENCES } from "../../common/sentences.js";
import { Forwarder, SaleStore } from "../../host/index.js";
import { acceptedLog } from "../../host/terminal/accepted-log.js";
import { openPaymentSender } from "../../lightning/api/index.js";
import { fingerprint } from "../../offline/fingerprint.js";
import type { AcceptancePack } from "../../offline/pack.js";
import type { CommandContext, RunAction } from "../command-context.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { askNode, askRunning, readAnswer } from "../node/ask-node.js";
import type { AnswerOf, OperationName, RequestOf } from "../node/operations.js";
import { exportBundle, takeResults } from "../offline/carrying.js";
import { tillNode } from "../offline/selling-offline.js";
import {
  expectTerminalKey,
  installPack,
  makeTerminalKey,
  PackShelf,
  readProfile,
} from "../offline/terminal-folder.js";
import { openNode } from "../open-node.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { confirm } from "../prompt/confirm.js";
import { renderTable } from "../table.js";
import { salesFile, type TerminalOptions } from "../terminal-session.js";
import { offlineSettings } from "../terminal-settings.js";
import { formatTime } from "./invoice.js";

type TillOptions = Pick<TerminalOptions, "node" | "sales">;

function key({ node }: { node: string }): CommandOutput {
  const { publicKey, isNew } = makeTerminalKey(node);
  const hex = bytesToHex(publicKey);
  return {
    data: { publicKey: hex, fingerprint: fingerprint(publicKey), isNew },
    text: `${renderRecord([
      ["Terminal key", hex],
      ["Fingerprint", fingerprint(publicKey)],
    ])}
Send the key to the issuer, who makes the pack: chequecard issuer pack make --for ${hex}`,
  };
}

interface InstallOptions {
  readonly node: string;
  readonly issuer?: string;
}

async function networkOf(context: CommandContext, folder: string) {
  const profile = readProfile(folder);
  return profile?.network ?? (await askNode(folder, "info", {}, context.signal)).answer.network;
}

async function install(
  context: CommandContext,
  file: string,
  options: InstallOptions,
): Promise<CommandOutput> {
  const network = await networkOf(context, options.node);
  const pack = await installPack(file, {
    folder: options.node,
    network,
    now: Math.floor(Date.now() / 1000),
    trust: (found) => isMeant(context, found, options.issuer),
  });
  return {
    data: packData(pack),
    text: `${renderPack(pack)}\nInstalled. The one who has this pack can tell apart the taps of these cards; keep the folder to yourself.`,
  };
}

/** The first pack of an issuer: its fingerprint is compared, by option or by a person. @throws InputError */
async function isMeant(context: CommandContext, pack: AcceptancePack, said: string | undefined) {
  const found = fingerprint(pack.issuer);
  if (said === undefined)
    return await confirm(
      context,
      `This pack is of "${visible(pack.name)}". Is the issuer's fingerprint ${found}? Compare it with what the issuer shows.`,
    );
  const wanted = said.toLowerCase().trim();
  return (
    wanted === found ||
    wanted.replaceAll("-", "") === found.replaceAll("-", "") ||
    wanted === bytesToHex(pack.issuer)
  );
}

const packData = (pack: AcceptancePack) => ({
  issuer: bytesToHex(pack.issuer),
  fingerprint: fingerprint(pack.issuer),
  name: pack.name,
  label: pack.label,
  sequence: pack.sequence.toString(),
  madeAt: pack.madeAt,
  validUntil: pack.validUntil,
  denied: pack.denied.length,
  keySets: pack.keySets.length,
  forwardingWindow: pack.forwardingWindow,
  floorLimits: pack.floorLimits,
  guarantee: pack.guarantee,
});

const renderPack = (pack: AcceptancePack): string => {
  const { floorLimits: floor, guarantee } = pack;
  return renderRecord([
    ["Issuer", `${visible(pack.name)}, ${fingerprint(pack.issuer)}`],
    ["For", visible(pack.label)],
    ["Number", pack.sequence.toString()],
    ["Made", formatTime(pack.madeAt)],
    ["Accepts until", formatTime(Math.min(pack.validUntil, pack.madeAt + floor.maxPackAgeSeconds))],
    ["Denied cards", String(pack.denied.length)],
    ["One sale", formatMsat(floor.perSale)],
    ["One card", formatMsat(floor.perCard)],
    ["All not forwarded", `${formatMsat(floor.perTerminal)}, ${plural(floor.maxSales, "sale")}`],
    ["Forward within", plural(Math.floor(pack.forwardingWindow / 3600), "hour")],
    [
      "Guarantee",
      guarantee
        ? `${formatMsat(guarantee.perCard)} for a card, ${formatMsat(guarantee.total)} in all`
        : "none",
    ],
  ]);
};

function show({ node }: { node: string }): CommandOutput {
  const packs = new PackShelf(node, expectTerminalKey(node)).packs();
  return {
    data: { packs: packs.map(packData) },
    text: packs.length
      ? packs.map(renderPack).join("\n\n")
      : `No acceptance pack is installed. Ask the issuer for one for this key: chequecard terminal pack key --node ${node}`,
  };
}

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

async function bundle(
  context: CommandContext,
  options: TillOptions & { out: string },
): Promise<CommandOutput> {
  const request = carry(options, options.out);
  const served = await askRunning(options.node, "sales-bundle", request, context.signal);
  const made = served?.isHere
    ? served
    : withSales(options, (store) => exportBundle(store, request.folder, request.file));
  return {
    data: { bundle: options.out, sales: made.sales, total: made.total },
    text: `${plural(made.sales, "sale")} over ${formatMsat(made.total)} written to ${options.out}. They stay open here until the results are back.
At the shop: chequecard terminal forward ${options.out} --node SHOP`,
  };
}

async function results(context: CommandContext, file: string, options: TillOptions): Promise<CommandOutput> {
  const request = carry(options, file);
  const served = await askRunning(options.node, "sales-results", request, context.signal);
  const { paid, refused, open, known } = served?.isHere
    ? served
    : withSales(options, (store) => takeResults(store, request.folder, request.file));
  return {
    data: { paid, refused, open, known },
    text: renderRecord([
      ["Paid", String(paid)],
      ["Refused", refused === 0 ? "0" : `${refused}; see: chequecard terminal report`],
      ["Still open", String(open)],
      ["Known before", String(known)],
    ]),
  };
}

interface ForwardOptions extends TillOptions {
  readonly results?: string;
  readonly wait: string;
}

const POLL_MS = 250;

async function forwardBundle(
  context: CommandContext,
  file: string,
  options: ForwardOptions,
): Promise<CommandOutput> {
  const path = resolve(file);
  const out = resolve(options.results ?? `${file}.results`);
  const deadline = performance.now() + waitMs(options.wait);
  return await throughNode(context, options.node, async (ask) => {
    const taken = await ask("forward-bundle", { bundle: path });
    context.note(`${plural(taken.sales, "sale")}, ${taken.known} of them known before.`);
    let totals = await ask("forward-totals", taken.origin);
    while (totals.busy && performance.now() < deadline && !context.signal.aborted) {
      await pause(POLL_MS, context.signal);
      totals = await ask("forward-totals", taken.origin);
    }
    await ask("forward-results", { ...taken.origin, out });
    const { paid, received, refused, open } = totals;
    return {
      data: { sales: taken.sales, known: taken.known, paid, received, refused, open, results: out },
      text: `${renderRecord([
        ["Paid", `${plural(paid, "sale")}, ${formatMsat(received)}`],
        ["Refused", String(refused)],
        ["Open", open === 0 ? "0" : `${open}; they are tried again while the node runs`],
      ])}\nResults for the terminal: ${out}`,
      exitCode: open === 0 ? EXIT.OK : context.signal.aborted ? EXIT.INTERRUPTED : EXIT.NOT_PAID,
    };
  });
}

const waitMs = (text: string): number => {
  if (!/^\d{1,5}$/.test(text)) throw new InputError(`--wait: need 0 to 99999 seconds, have "${text}"`);
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
    throw new InputError("the terminal that runs here forwards by itself", {
      hint: "See what is open: chequecard terminal report",
    });
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
          ["Paid", plural(counts.paid, "sale")],
          ["Refused", String(counts.refused)],
          ["Open", `${plural(left.sales, "sale")}, ${formatMsat(left.total)}`],
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
            ["SALE", "AMOUNT", "ACCEPTED", "FORWARD BEFORE"],
            sales.map(({ number, amount, acceptedAt = 0, invoiceUntil }) => [
              String(number),
              formatMsat(amount),
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
  const pack = terminal
    .command("pack")
    .description("acceptance packs: what an issuer gives so that its cards can pay without a connection");
  const inFolder = (command: Command): Command =>
    command.requiredOption(
      "--node <folder>",
      "the terminal's folder: a node's, or one with deputy-profile.json",
    );
  inFolder(pack.command("key").description("the key that issuers make packs for; makes it at the first time"))
    .addHelpText("after", "\nExample:\n  chequecard terminal pack key --node shop\n")
    .action((options: { node: string }) => run(async () => key(options)));
  inFolder(pack.command("install <file>").description("install a pack, or the newer one of an issuer"))
    .option(
      "--issuer <fingerprint>",
      "the issuer's fingerprint or key, instead of the question at its first pack",
    )
    .addHelpText("after", "\nExample:\n  chequecard terminal pack install bar-1.pack --node shop\n")
    .action((file: string, options: InstallOptions) => run((context) => install(context, file, options)));
  inFolder(pack.command("show").description("the installed packs, with limits and age")).action(
    (options: { node: string }) => run(async () => show(options)),
  );
  common(
    terminal.command("accepted").description("sales accepted without a connection that are still open"),
  ).action((options: TillOptions) => run(async () => accepted(options)));
  common(
    terminal
      .command("bundle")
      .description("write what is accepted and open into a file to carry to the shop"),
  )
    .requiredOption("--out <file>", "where to write it")
    .addHelpText(
      "after",
      `
Works while the terminal sells. Write and carry it as often as you like: the shop forwards each sale once.

Example:
  chequecard terminal bundle --node field --out /media/stick/field.bundle
`,
    )
    .action((options: TillOptions & { out: string }) => run((context) => bundle(context, options)));
  common(terminal.command("results <file>").description("read what became of carried sales"))
    .addHelpText(
      "after",
      "\nExample:\n  chequecard terminal results /media/stick/field.bundle.results --node field\n",
    )
    .action((file: string, options: TillOptions) => run((context) => results(context, file, options)));
  common(
    terminal
      .command("forward [bundle]")
      .description("forward accepted sales to their issuers: those of a bundle, or this folder's own"),
  )
    .option("--results <file>", "where the results for the terminal go; default: beside the bundle")
    .option("--wait <seconds>", "how long to wait for answers; the node goes on with what is open", "60")
    .addHelpText(
      "after",
      `
Nothing is ever paid twice: carry a bundle late, twice, or by two people. Exit code 0 means that none is open.

Examples:
  chequecard terminal forward /media/stick/field.bundle --node shop
  chequecard terminal forward --node shop
`,
    )
    .action((file: string | undefined, options: ForwardOptions) =>
      run((context) =>
        file === undefined ? forwardOwn(context, options) : forwardBundle(context, file, options),
      ),
    );
}
