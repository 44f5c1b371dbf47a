import { formatMsat, parseAmount } from "../../common/index.js";
import { pause } from "../../common/pause.js";
import { NETWORK_NAMES } from "../../lightning/network.js";
import type { LndConfig } from "../../lightning/nodes/lnd/config.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { createEmbeddedNode, isEmbeddedNode, openEmbeddedNode } from "../embedded-node.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { askNode } from "../node/ask-node.js";
import { nodeUri } from "../node/operations.js";
import { peerUri } from "../node/peer-choice.js";
import { checkStartOptions, type StartOptions } from "../node/start-options.js";
import { openNode } from "../open-node.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { askIfPossible } from "../prompt/confirm.js";
import { terminalCode } from "../terminal-code.js";
import { lndOfFolder } from "../terminal-settings.js";
import { readInvoiceArgument } from "./invoice.js";
import { registerNodeCheck } from "./node-check.js";

const SIMULATED = "Real Lightning protocol, simulated chain: there is no real money in this node.";
/** Milliseconds between looks whether the node still runs. */
const LOOK_MS = 1000;
/** A year. */
const MAX_EXPIRY_SECONDS = 31_536_000;

async function start(context: CommandContext, folder: string, options: StartOptions): Promise<CommandOutput> {
  const lnd = isEmbeddedNode(folder) ? undefined : lndOfFolder(folder);
  if (lnd) return await startLnd(context, folder, lnd, options);
  const wanted = checkStartOptions(folder, options);
  if (!isEmbeddedNode(folder)) {
    createEmbeddedNode(folder, wanted);
    context.note(`Made a new node in ${folder}.`);
  }
  const opened = await openEmbeddedNode(folder, {
    log: (level, message) => void (level === "error" && context.note(message)),
  });
  try {
    const uri = await nodeUri(opened.node);
    context.print(
      `${renderRecord([
        ["Node", folder],
        ["URI", uri],
      ])}\n${SIMULATED}\nCtrl-C stops it.`,
    );
    while (!context.signal.aborted) {
      // A node that has stopped by itself rejects, and so ends this command with its reason.
      await opened.node.info();
      await pause(LOOK_MS, context.signal);
    }
    return {
      data: { folder, uri, stopped: true },
      text: "The node has stopped. Its channels are in its folder.",
    };
  } finally {
    await opened.close();
  }
}

/** Works with the lnd of a folder until Ctrl-C: for other commands, and for the payments of its offline terminals. */
async function startLnd(
  context: CommandContext,
  folder: string,
  lnd: LndConfig,
  options: StartOptions,
): Promise<CommandOutput> {
  const [foreign] = Object.keys(options);
  if (foreign !== undefined)
    throw new InputError(`--${foreign}: an option of embedded nodes, and the node of ${folder} is an lnd`);
  const opened = await openNode(folder, {
    roles: ["merchant"],
    log: (level, message) => void (["error", "warn"].includes(level) && context.note(message)),
    ...askIfPossible(context),
  });
  try {
    const uri = await nodeUri(opened.node);
    const { network } = await opened.node.info();
    const terminals = lnd.deputy ? "taken" : "not taken: deputy: true in terminal.yaml has them taken";
    context.print(
      `${renderRecord([
        ["Node", `lnd at ${lnd.address}, on ${NETWORK_NAMES[network]}`],
        ["URI", uri],
        ["Offline sales", `payments are ${terminals}`],
      ])}\nCtrl-C ends the connection; lnd runs on.`,
    );
    // An lnd that restarts is connected to again by itself.
    while (!context.signal.aborted) await pause(LOOK_MS, context.signal);
    return { data: { folder, uri, stopped: true }, text: "The connection has ended. lnd runs on." };
  } finally {
    await opened.close();
  }
}

async function info(context: CommandContext, folder: string): Promise<CommandOutput> {
  const { answer, running } = await askNode(folder, "info", {}, context.signal);
  const { pid, channelsUsable, ...facts } = answer;
  const simulated = !lndOfFolder(folder);
  return {
    data: { ...facts, channelsUsable, simulated, running, ...(running ? { pid } : {}) },
    text: `${renderRecord([
      ["Node", facts.alias],
      ["URI", facts.uri],
      ["Runs", running ? `in process ${pid}` : "no; it was started for this question only"],
      ["Can send", formatMsat(facts.outbound)],
      ["Can receive", formatMsat(facts.inbound)],
      ["Channels", channelsUsable ? undefined : "not all can be used now: a peer is away"],
      ["Block", String(facts.blockHeight)],
    ])}\n${simulated ? SIMULATED : `An lnd on ${NETWORK_NAMES[facts.network]}.`}`,
  };
}

async function connect(context: CommandContext, folder: string, peer: string): Promise<CommandOutput> {
  const uri = await peerUri(peer, context.signal);
  const { answer, running } = await askNode(folder, "connect", { uri }, context.signal);
  return {
    data: { ...answer, running },
    text: `Connected to ${answer.peer}.${running ? "" : "\nThe node does not run, so the connection has ended again; start it: chequecard node start"}`,
  };
}

interface FundOptions {
  readonly peer: string;
  readonly amount: string;
  readonly push: string;
}

async function fund(context: CommandContext, folder: string, options: FundOptions): Promise<CommandOutput> {
  const capacity = parseAmount(options.amount, "--amount");
  const push = parseAmount(options.push, "--push");
  const request = { peer: await peerUri(options.peer, context.signal), capacity, push };
  const { answer, running } = await askNode(folder, "fund", request, context.signal);
  return {
    data: { ...answer, capacity, push, running },
    text: `${renderRecord([
      ["Channel", `${formatMsat(capacity)} with ${answer.peer}`],
      ["Can send", formatMsat(answer.outbound)],
      ["Can receive", formatMsat(answer.inbound)],
      ["Block", String(answer.blockHeight)],
    ])}\n${SIMULATED}`,
  };
}

interface InvoiceOptions {
  readonly amount: string;
  readonly description: string;
  readonly expiry: string;
}

async function invoice(
  context: CommandContext,
  folder: string,
  { amount, description, expiry }: InvoiceOptions,
): Promise<CommandOutput> {
  const expirySeconds = /^[1-9]\d{0,7}$/.test(expiry) ? Number.parseInt(expiry, 10) : 0;
  if (expirySeconds < 1 || expirySeconds > MAX_EXPIRY_SECONDS)
    throw new InputError(`--expiry: need 1 to ${MAX_EXPIRY_SECONDS} seconds, have "${expiry.slice(0, 20)}"`);
  const request = { amount: parseAmount(amount, "--amount"), description, expirySeconds };
  const { answer } = await askNode(folder, "invoice", request, context.signal);
  return { data: answer, text: answer.invoice };
}

interface PayOptions {
  readonly maxFee: string;
  readonly proof?: boolean;
}

async function pay(
  context: CommandContext,
  folder: string,
  text: string,
  options: PayOptions,
): Promise<CommandOutput> {
  const invoice = readInvoiceArgument(text).text;
  const maxFee = parseAmount(options.maxFee, "--max-fee");
  const request = { invoice, maxFee, proof: options.proof ?? false };
  const { answer } = await askNode(folder, "pay", request, context.signal);
  if (answer.state === "unknown")
    return {
      data: answer,
      text: "The payment is in flight and not confirmed. Run the same command again: it is never paid twice.",
      exitCode: EXIT.NOT_PAID,
    };
  if (answer.state === "failed")
    return { data: answer, text: `Not paid: ${answer.reason}.`, exitCode: EXIT.NOT_PAID };
  const paid = `Paid, with a fee of ${formatMsat(answer.fee)}.`;
  if (answer.proof === undefined) return { data: answer, text: paid };
  const code = terminalCode(context, answer.proof, "hand over the proof below").text;
  return { data: answer, text: `${code}\n${paid} Show this to the point of sale:\n${answer.proof}` };
}

export const registerNode: RegisterCommand = (program, run) => {
  const node = program
    .command("node")
    .description(
      "the embedded Lightning node (real protocol, simulated chain, for trying and tests), and lnd",
    );
  node
    .command("start <folder>")
    .description("run the node of a folder until Ctrl-C; the folder is made when there is none")
    .option(
      "--chain <file>",
      "the simulated chain; nodes reach each other on the same one; default: chain.db beside the folder",
    )
    .option("--alias <text>", "name of a new node; default: that of the folder")
    .option("--port <number>", "port on 127.0.0.1 for peers; default: a free one, then always the same")
    .addHelpText(
      "after",
      `
The folder holds the node's keys: one process alone runs it. The other commands ask that process, and start the node
for the moment when there is none.

In a folder whose terminal.yaml names an lnd, this works with that lnd. With deputy: true there, payments to offline
terminals are taken as long as this runs.

Examples:
  chequecard node start shop
  chequecard node start wallet --port 9736
`,
    )
    .action((folder: string, options: StartOptions) => run((context) => start(context, folder, options)));
  registerNodeCheck(node, run);
  node
    .command("info <folder>")
    .description("URI, balances and state of a node")
    .addHelpText("after", "\nExample:\n  chequecard node info shop\n")
    .action((folder: string) => run((context) => info(context, folder)));
  node
    .command("connect <folder> <peer>")
    .description("connect to a peer: pubkey@host:port, or the folder of a node that runs here")
    .addHelpText("after", "\nExample:\n  chequecard node connect wallet 02ab...@127.0.0.1:9735\n")
    .action((folder: string, peer: string) => run((context) => connect(context, folder, peer)));
  node
    .command("fund <folder>")
    .description(
      "open a channel to a running peer, with coins made from nothing, and make the block that confirms it",
    )
    .requiredOption(
      "--peer <peer>",
      "pubkey@host:port of the peer, on the same simulated chain, or the folder of a node that runs here",
    )
    .requiredOption("--amount <amount>", "what the channel holds, such as 1000000sat")
    .option("--push <amount>", "what the peer has of it from the start", "0sat")
    .addHelpText("after", "\nExample:\n  chequecard node fund wallet --peer shop --amount 1000000sat\n")
    .action((folder: string, options: FundOptions) => run((context) => fund(context, folder, options)));
  node
    .command("invoice <folder>")
    .description("make an invoice of the node, to try cards and payments with")
    .requiredOption("--amount <amount>", "such as 2500sat")
    .option("--description <text>", "what payers see", "")
    .option("--expiry <seconds>", "how long it can be paid", "3600")
    .addHelpText("after", "\nExample:\n  chequecard node invoice shop --amount 2500sat\n")
    .action((folder: string, options: InvoiceOptions) => run((context) => invoice(context, folder, options)));
  node
    .command("pay <folder> <bolt11>")
    .description("pay an invoice, once")
    .option("--max-fee <amount>", "highest routing fee", "10sat")
    .option("--proof", "show the proof of payment that an offline point of sale wants to see")
    .addHelpText(
      "after",
      `
Anyone who has the proof can take what was sold: show it only to the point of sale.

Examples:
  chequecard node pay wallet lnbcrt25u1...
  chequecard node pay wallet lnbcrt8u1... --proof
`,
    )
    .action((folder: string, invoice: string, options: PayOptions) =>
      run((context) => pay(context, folder, invoice, options)),
    );
};
