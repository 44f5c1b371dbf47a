import { existsSync } from "node:fs";
import { type Reader, TransportError } from "../../apdu/index.js";
import { FileError, hexToBytes, readTextFile, visible, writeDurableFile } from "../../common/index.js";
import { shownMsat, shownSum } from "../../common/languages/shown.js";
import { SENTENCES, TERMINAL } from "../../common/languages/spoken.js";
import { exchangeWithPhone } from "../../host/exchange.js";
import { parseCharge } from "../../host/terminal/charge-amount.js";
import {
  type DeputyInvoice,
  type DeputyProfile,
  makeDeputyInvoice,
  PointOfSale,
  type PreimageResult,
  readDeputyProfile,
  SaleFile,
} from "../../lightning/dpp/index.js";
import { type OdtMessage, odtFromHex } from "../../lightning/odt/index.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { askNode, askRunning } from "../node/ask-node.js";
import { DeputyTerminals } from "../node/deputy-terminals.js";
import { lockNode, NodeInUseError } from "../node/node-lock.js";
import { framingOf, type MessageOptions, messageText } from "../offline-message.js";
import { expectNode } from "../open-node.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { withReader } from "../reader-choice.js";
import { speaking } from "../speaking.js";
import { renderTable } from "../table.js";
import { terminalCode } from "../terminal-code.js";
import { parseExpiry } from "../terminal-session.js";
import { formatTime } from "./invoice.js";

async function exportProfile(
  context: CommandContext,
  options: { node: string; name: string; out: string },
): Promise<CommandOutput> {
  const { node, name, out } = options;
  if (existsSync(out))
    throw new InputError(`${out}: there is a file of this name already`, {
      hint: "Choose another name; a terminal's profile is never overwritten.",
    });
  const { answer } = await askNode(node, "deputy-add", { name }, context.signal);
  try {
    writeDurableFile(out, answer.profile);
  } catch (error) {
    // Nobody has the profile: a terminal that cannot exist is not left on the list as one that can be paid.
    await askNode(node, "deputy-revoke", { terminal: answer.keyId }, context.signal);
    throw error;
  }
  return {
    data: { name, keyId: answer.keyId, profile: out },
    text: `${renderRecord([
      ["Terminal", name],
      ["Key id", answer.keyId],
      ["Profile", out],
    ])}
The profile holds keys: bring it to the terminal on a path that no one else sees, and delete every other copy.
Try: chequecard deputy invoice --profile ${out} --amount 800sat`,
  };
}

function list(folder: string): CommandOutput {
  expectNode(folder);
  const terminals = new DeputyTerminals(folder).list();
  return {
    data: { terminals },
    text: terminals.length
      ? renderTable(
          ["KEY ID", "NAME", "ADDED", "REVOKED"],
          terminals.map(({ keyId, name, addedAt, revokedAt }) => [
            keyId,
            name,
            formatTime(addedAt),
            revokedAt === undefined ? "" : formatTime(revokedAt),
          ]),
        )
      : `No offline terminals. Make one: chequecard deputy profile --node ${folder} --name "beer tap" --out tap.json`,
  };
}

/** A stolen terminal is taken off the list also while the node cannot be reached. */
async function revokeAt(folder: string, terminal: string, signal: AbortSignal) {
  expectNode(folder);
  const running = await askRunning(folder, "deputy-revoke", { terminal }, signal);
  if (running) return running;
  let lock: ReturnType<typeof lockNode>;
  try {
    lock = lockNode(folder);
  } catch (error) {
    if (!(error instanceof NodeInUseError)) throw error;
    // Another process is just starting or stopping the node.
    return (await askNode(folder, "deputy-revoke", { terminal }, signal)).answer;
  }
  try {
    return new DeputyTerminals(folder).revoke(terminal);
  } finally {
    lock.release();
  }
}

async function revoke(context: CommandContext, folder: string, terminal: string): Promise<CommandOutput> {
  const { keyId, name, revokedAt } = await revokeAt(folder, terminal, context.signal);
  const answer = { keyId, name, revokedAt };
  return {
    data: answer,
    text: `Terminal "${answer.name}" (${answer.keyId}) is revoked: its invoices cannot be paid any more.`,
  };
}

/** Longest profile file that is read; the profile itself has a lower bound. */
const MAX_PROFILE_BYTES = 1 << 20;

function loadProfile(path: string): DeputyProfile {
  let text: string;
  try {
    text = readTextFile(path, MAX_PROFILE_BYTES);
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    throw new InputError(`${path}: no deputy profile (${cause.problem})`, {
      cause,
      hint: "Make one at the merchant's node: chequecard deputy profile",
    });
  }
  return readDeputyProfile(text);
}

/** Sales of a profile lie beside it unless told otherwise. */
const salesBeside = (profile: string): string => `${profile.replace(/\.json$/i, "")}.sales.db`;

interface InvoiceOptions {
  readonly profile: string;
  readonly amount: string;
  readonly rate?: string;
  readonly description?: string;
  readonly expiry: string;
  readonly sales?: string;
  readonly qr?: boolean;
  readonly phone?: boolean;
  readonly reader?: string;
}

/** What is shown of a new sale, and how it goes on. */
function offerOf(
  context: CommandContext,
  sale: DeputyInvoice,
  fiat: string | undefined,
  file: string,
  withQr: boolean,
): string {
  const link = `lightning:${sale.invoice}`.toUpperCase();
  const code = withQr ? `${terminalCode(context, link, TERMINAL.code.handOver).text}\n` : "";
  return `${code}${sale.invoice}
${renderRecord([
  [TERMINAL.deputy.amount, `${shownMsat(sale.amount ?? 0n)}${fiat ? ` (${shownSum(fiat)})` : ""}`],
  [TERMINAL.deputy.expires, formatTime(sale.expiresAt)],
  [TERMINAL.deputy.sales, file],
])}
${TERMINAL.deputy.proof(`chequecard deputy verify --sales ${file} HEX`)}`;
}

async function invoice(context: CommandContext, options: InvoiceOptions): Promise<CommandOutput> {
  const profile = loadProfile(options.profile);
  const { amount, fiat } = parseCharge(options.amount, options.rate);
  const expirySeconds = parseExpiry(options.expiry);
  const file = options.sales ?? salesBeside(options.profile);
  const sales = new SaleFile(file);
  const point = new PointOfSale({
    store: sales,
    makeInvoice: (request) => makeDeputyInvoice(profile, request),
  });
  const sell = () => {
    const sale = point.sell({ amount, description: options.description ?? profile.name, expirySeconds });
    return {
      sale,
      output: {
        data: { ...sale, fiat, sales: file },
        text: offerOf(context, sale, fiat, file, options.qr !== false),
      },
    };
  };
  try {
    const { phone, reader } = options;
    if (!phone && reader === undefined) return sell().output;
    return await withReader(context, reader === undefined ? {} : { reader }, async (phones) => {
      const { sale, output } = sell();
      context.print(output.text);
      const shown = await proofFromPhone(context, phones, point, sale);
      const stopped = context.signal.aborted && shown === undefined;
      return {
        data: { ...output.data, result: shown?.result ?? "no-message" },
        text: shown ? SENTENCES.proof[shown.result] : SENTENCES.proof.notShown,
        exitCode: shown?.result === "accepted" ? EXIT.OK : stopped ? EXIT.INTERRUPTED : EXIT.NOT_PAID,
      };
    });
  } finally {
    sales.end();
  }
}

/**
 * Shows the invoice to the payer's phone on the reader until it hands over the proof (specs/06 §5).
 * @returns undefined when none was shown before the invoice expired, or Ctrl-C
 * @throws CardStatusError when the payer or the wallet refuses; TransportError; InputError for another message
 */
async function proofFromPhone(
  context: CommandContext,
  reader: Reader,
  point: PointOfSale,
  { invoice, expiresAt }: DeputyInvoice,
): Promise<PreimageResult | undefined> {
  const timeoutMs = Math.max(0, expiresAt * 1000 - Date.now());
  const over = AbortSignal.any([context.signal, AbortSignal.timeout(timeoutMs)]);
  context.print(SENTENCES.proof.holdPhone);
  try {
    const message = await exchangeWithPhone(reader, invoice, {
      signal: over,
      timeoutMs,
      trace: context.trace,
      onTorn: () => context.note(SENTENCES.proof.phoneTorn),
    });
    return message && point.accept(preimageOf(message));
  } catch (error) {
    if (over.aborted && error instanceof TransportError && error.code === "closed") return undefined;
    throw error;
  }
}

interface VerifyOptions extends MessageOptions {
  readonly sales?: string;
  readonly profile?: string;
}

/** 32 bytes are a preimage; anything else is an offline message. @throws InputError, ParseError */
function readPreimage(given: string | undefined, options: VerifyOptions): Uint8Array {
  const text = messageText(given, options).trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return hexToBytes(text, "preimage");
  return preimageOf(odtFromHex(text, framingOf(options)));
}

/** @throws InputError for a message that is no proof of a payment */
function preimageOf(message: OdtMessage): Uint8Array {
  if (message.kind === "preimage") return message.preimage;
  throw new InputError(
    message.kind === "payment-authorization"
      ? TERMINAL.deputy.isAuthorization
      : TERMINAL.deputy.isOther(message.type),
    { hint: TERMINAL.deputy.showPreimage },
  );
}

function verify(given: string | undefined, options: VerifyOptions): CommandOutput {
  const file = options.sales ?? (options.profile === undefined ? undefined : salesBeside(options.profile));
  if (file === undefined)
    throw new InputError("need --sales FILE, or --profile FILE for the sales beside it");
  if (!existsSync(file)) throw new InputError(`${file}: there are no sales; nothing was sold yet`);
  const preimage = readPreimage(given, options);
  const sales = new SaleFile(file);
  try {
    const point = new PointOfSale({ store: sales, makeInvoice: refuseToSell });
    const shown = point.accept(preimage);
    const sale = "sale" in shown ? shown.sale : undefined;
    return {
      data: { result: shown.result, ...(sale ? { sale } : {}) },
      text: [
        sale &&
          TERMINAL.deputy.sold(
            shownMsat(sale.amount ?? 0n),
            visible(sale.description),
            formatTime(sale.createdAt),
          ),
        SENTENCES.proof[shown.result],
      ]
        .filter(Boolean)
        .join("\n"),
      exitCode: shown.result === "accepted" ? EXIT.OK : EXIT.NOT_PAID,
    };
  } finally {
    sales.end();
  }
}

function refuseToSell(): never {
  throw new InputError("nothing is sold while a proof is checked");
}

export const registerDeputy: RegisterCommand = (program, run) => {
  const deputy = speaking(program.command("deputy")).description(
    "Deputy Payment Processing: a point of sale without a node and without a network",
  );
  deputy
    .command("profile")
    .description("make a new terminal at the merchant's node, and the file that it works with")
    .requiredOption("--node <folder>", "the folder of the merchant's node, with an open channel")
    .requiredOption("--name <text>", "what the terminal is called")
    .requiredOption("--out <file>", "where to write its profile (mode 600)")
    .addHelpText(
      "after",
      '\nExample:\n  chequecard deputy profile --node shop --name "beer tap" --out tap.json\n',
    )
    .action((options: { node: string; name: string; out: string }) =>
      run((context) => exportProfile(context, options)),
    );
  deputy
    .command("list")
    .description("list the offline terminals of a node, with key ids and those revoked")
    .requiredOption("--node <folder>", "the folder of the merchant's node")
    .addHelpText("after", "\nExample:\n  chequecard deputy list --node shop\n")
    .action((options: { node: string }) => run(async () => list(options.node)));
  deputy
    .command("revoke <terminal>")
    .description("take a lost or stolen terminal off the list, by its name or key id")
    .requiredOption("--node <folder>", "the folder of the merchant's node")
    .addHelpText("after", '\nExample:\n  chequecard deputy revoke "beer tap" --node shop\n')
    .action((terminal: string, options: { node: string }) =>
      run((context) => revoke(context, options.node, terminal)),
    );
  deputy
    .command("invoice")
    .description("sell something offline: shows the invoice as QR code and text")
    .requiredOption("--profile <file>", "the terminal's profile")
    .requiredOption("--amount <amount>", "800sat, or 3.50eur with --rate")
    .option("--rate <price>", "price of one bitcoin, such as 61500eur")
    .option("--description <text>", "what is sold; payers see it; default: the terminal's name")
    .option("--expiry <seconds>", "how long the invoice can be paid", "600")
    .option("--sales <file>", "where the open sales are kept; default: beside the profile")
    .option("--no-qr", "show no QR code")
    .option("--phone", "wait for the payer's phone on the PC/SC reader, and take the proof from it")
    .option(
      "--reader <name>",
      "the reader for --phone: its name or a part of it; not needed when there is one",
    )
    .addHelpText(
      "after",
      `
With --phone, exit code 0 means: paid, hand it out. A phone whose wallet does not know the exchange of this project
is refused; its owner scans the code instead.

Examples:
  chequecard deputy invoice --profile tap.json --amount 800sat --description beer
  chequecard deputy invoice --profile tap.json --amount 800sat --phone --reader ACR1252
`,
    )
    .action((options: InvoiceOptions) => run((context) => invoice(context, options)));
  deputy
    .command("verify [proof]")
    .description("check the proof of payment (preimage or offline message, as hex), and accept it once")
    .option("--sales <file>", "where the open sales are kept")
    .option("--profile <file>", "the terminal's profile, for the sales beside it")
    .option("--png <file>", "read the proof off a picture of the payer's QR code")
    .option("--one-byte-type", "the draft's other reading: the type is one byte, if both sides agreed on it")
    .addHelpText(
      "after",
      `
Exit code 0 means: paid, hand it out. The same proof is never accepted a second time.

Examples:
  chequecard deputy verify --sales tap.sales.db 0000A1B2...
  chequecard deputy verify --profile tap.json --png phone.png
`,
    )
    .action((proof: string | undefined, options: VerifyOptions) => run(async () => verify(proof, options)));
};
