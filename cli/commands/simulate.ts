import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { formatCardId, readCardId } from "../../apdu/card-id.js";
import { CAPABILITY, LIFECYCLE, NO_LIMIT } from "../../apdu/index.js";
import { bytesToHex, formatMsat, parseAmount, secp256k1 } from "../../common/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { strangersProblem } from "../../lightning/untrusted-uri.js";
import {
  CardFileError,
  type CardProtocol,
  type CardSummary,
  connectVpcd,
  createCardFile,
  DEFAULT_PUBLISHED,
  isNtag,
  type NtagSummary,
  openAppletFile,
  openCardFile,
  provisionCard,
  readCardFile,
  summarizeCardFile,
  summarizeNtag,
  VPCD_PORT,
} from "../../simulator/index.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { issuerRecordPath, writeIssuerRecord } from "../issuer-record.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { askPin } from "../prompt/ask.js";
import { renderTable } from "../table.js";
import { renderNtag } from "./simulate-ntag.js";

const LIFECYCLE_TEXT = {
  [LIFECYCLE.BLANK]: "blank",
  [LIFECYCLE.PERSONALIZED]: "personalized",
  [LIFECYCLE.BLOCKED]: "blocked",
} as const;
const PROTOCOLS: readonly CardProtocol[] = ["T=CL", "T=1", "T=0"];

interface NewOptions {
  readonly credit: string;
  readonly maxPerTransaction: string;
  readonly pinThreshold: string;
  readonly budgetWithoutPin: string;
  readonly maxTransactions: string;
  readonly pin?: boolean;
  readonly publishAvailable?: boolean;
  readonly nodeUri?: string;
  readonly id?: string;
  readonly protocol: string;
}

const limit = (text: string, option: string): bigint =>
  text === "none" ? NO_LIMIT : parseAmount(text, `--${option}`);

function wholeNumber(text: string, option: string, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number.parseInt(text, 10) : Number.NaN;
  if (!(value <= max))
    throw new InputError(`--${option}: need a whole number from 0 to ${max}, have "${text}"`);
  return value;
}

function givenId(text: string): Uint8Array {
  const id = readCardId(text);
  if (!id)
    throw new InputError(
      `--id: need 16 hex digits, with or without dashes, such as 0123-4567-89ab-cdef, have "${text.slice(0, 64)}"`,
    );
  return id;
}

async function makeNew(context: CommandContext, path: string, options: NewOptions): Promise<CommandOutput> {
  const recordPath = issuerRecordPath(path);
  for (const file of [path, recordPath])
    if (existsSync(file))
      throw new InputError(`${file}: there is a file of this name already`, {
        hint: "Choose another name; a card is never overwritten.",
      });
  const protocol = PROTOCOLS.find((name) => name === options.protocol);
  if (!protocol)
    throw new InputError(`--protocol: need one of ${PROTOCOLS.join(", ")}, have "${options.protocol}"`);
  if (options.nodeUri !== undefined) {
    const problem = strangersProblem(parseNodeUri(options.nodeUri, "--node-uri"), "bcrt");
    if (problem) throw new InputError(`--node-uri: ${problem}`);
  }
  const issuerSecretKey = Uint8Array.from(randomBytes(32));
  const issuerPublicKey = secp256k1.publicKey(issuerSecretKey, false);
  const identity = {
    cardId: options.id === undefined ? Uint8Array.from(randomBytes(8)) : givenId(options.id),
    keySetId: Uint8Array.from(randomBytes(4)),
    sealKey: Uint8Array.from(randomBytes(16)),
  };
  const nodeUri = options.nodeUri ?? `${bytesToHex(secp256k1.convert(issuerPublicKey, true))}@127.0.0.1:9735`;
  const { card, publicKey } = provisionCard(
    {
      ...identity,
      nodeUri,
      issuerPublicKey,
      limits: {
        credit: parseAmount(options.credit, "--credit"),
        maxPerTransaction: limit(options.maxPerTransaction, "max-per-transaction"),
        pinThreshold: limit(options.pinThreshold, "pin-threshold"),
        noPinBudget: limit(options.budgetWithoutPin, "budget-without-pin"),
        maxTransactions: wholeNumber(options.maxTransactions, "max-transactions", 0xffffffff),
      },
      publish: options.publishAvailable
        ? DEFAULT_PUBLISHED | CAPABILITY.AVAILABLE_PUBLISHED
        : DEFAULT_PUBLISHED,
      ...(options.pin
        ? { pin: await askPin(context, "PIN for the new card (4 to 12 digits)", "CHEQUECARD_PIN") }
        : {}),
    },
    { protocol },
  );
  // The record first: a card whose issuer knows nothing of it is worth nothing.
  writeIssuerRecord(recordPath, { ...identity, publicKey, issuerSecretKey });
  try {
    createCardFile(path, card);
  } catch (error) {
    rmSync(recordPath, { force: true });
    throw error;
  }
  return {
    data: { card: path, issuerRecord: recordPath, ...summarizeCardFile(path) },
    text: `${renderSummary(summarizeCardFile(path))}

Card:          ${path}
Issuer record: ${recordPath} (keys: for development only, readable by you alone)
Try: chequecard card info --card ${path}`,
  };
}

const limitText = (value: bigint): string => (value === NO_LIMIT ? "none" : formatMsat(value));

/** What a certificate lets terminals without a connection accept. */
const offlineText = ({ offlineLimit, validUntilSeconds }: NonNullable<CardSummary["certificate"]>): string =>
  `up to ${formatMsat(offlineLimit)} at once, until ${new Date(validUntilSeconds * 1000).toISOString()}`;

/** The second face in a line. */
function boltCardText({ boltCard }: CardSummary): string | undefined {
  if (!boltCard) return undefined;
  if (boltCard.lifecycle === "blank") return "installed, blank";
  return `${boltCard.base}, ${boltCard.counter === 1 ? "read once" : `read ${boltCard.counter} times`}`;
}

function renderSummary(summary: CardSummary): string {
  if (summary.lifecycle === LIFECYCLE.BLANK)
    return renderRecord([
      ["State", "blank"],
      ["Bolt Card", boltCardText(summary)],
    ]);
  return renderRecord([
    ["Card", formatCardId(summary.cardId)],
    ["State", LIFECYCLE_TEXT[summary.lifecycle]],
    ["Node", summary.nodeUri],
    ["Available", `${formatMsat(summary.available)} of ${formatMsat(summary.credit)}`],
    ["Payments", `${summary.counter} of at most ${summary.maxTransactions}`],
    ["Most at once", limitText(summary.maxPerTransaction)],
    ["PIN above", limitText(summary.pinThreshold)],
    ["Without PIN", `${formatMsat(summary.noPinSpent)} spent of ${limitText(summary.noPinBudget)}`],
    ["PIN", summary.pinTriesLeft === undefined ? "not set" : `${summary.pinTriesLeft} tries left`],
    ["Offline", summary.certificate && offlineText(summary.certificate)],
    ["Bolt Card", boltCardText(summary)],
    ["Last update", summary.updateSequence === 0 ? "none" : `number ${summary.updateSequence}`],
    ["Protocol", summary.protocol],
  ]);
}

type ListedCard =
  | ({ readonly file: string } & CardSummary)
  | ({ readonly file: string } & NtagSummary)
  | { readonly file: string; readonly problem: string };

/** What the file of a card of either kind says. */
function summarize(path: string): CardSummary | NtagSummary {
  const stored = readCardFile(path);
  return isNtag(stored.memory) ? summarizeNtag(stored) : summarizeCardFile(path);
}

function list(folder: string): CommandOutput {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(".json") && !name.endsWith(".issuer.json"));
  } catch (cause) {
    throw new InputError(`${folder}: not a folder that can be read`, { cause });
  }
  const cards = names.sort().flatMap((name): ListedCard[] => {
    const path = join(folder, name);
    try {
      return [{ file: path, ...summarize(path) }];
    } catch (error) {
      if (!(error instanceof CardFileError)) throw error;
      return error.code === "damaged" ? [] : [{ file: path, problem: error.message }];
    }
  });
  const rows = cards.map((card) =>
    "problem" in card
      ? [card.file, card.problem, "", "", ""]
      : "uid" in card
        ? [card.file, bytesToHex(card.uid), "Bolt Card", "", String(card.counter)]
        : [
            card.file,
            card.lifecycle === LIFECYCLE.BLANK ? "" : formatCardId(card.cardId),
            LIFECYCLE_TEXT[card.lifecycle],
            formatMsat(card.available),
            String(card.counter),
          ],
  );
  return {
    data: { cards },
    text: rows.length
      ? renderTable(["FILE", "CARD", "STATE", "AVAILABLE", "PAYMENTS"], rows)
      : `No card files in ${folder}. Make one: chequecard simulate new card.json`,
  };
}

async function insert(
  context: CommandContext,
  path: string,
  options: { port: string; applet?: boolean },
): Promise<CommandOutput> {
  const port = wholeNumber(options.port, "port", 65535);
  const { protocol } = summarizeCardFile(path);
  if (options.applet && isNtag(readCardFile(path).memory))
    throw new InputError(`--applet: ${path} is a Bolt Card, which has no applet`);
  if (options.applet && protocol !== "T=CL")
    throw new InputError(`--applet: need a card that talks T=CL, the one of ${path} talks ${protocol}`);
  const file = options.applet ? openAppletFile(path) : openCardFile(path);
  try {
    const link = await connectVpcd(file.card, { port, signal: context.signal });
    context.note(
      `${options.applet ? "The applet with the state" : "The card"} of ${path} lies on the virtual reader. Ctrl-C takes it away.`,
    );
    const end = await link.closed;
    const text = {
      removed: "The card was taken away.",
      "reader-gone": "The virtual reader is gone: pcscd ended.",
      torn: "The card was torn away in mid-command.",
    }[end.reason];
    // A reader that is gone needs no more words: its error is that of the socket.
    if (end.error && end.reason !== "reader-gone") throw end.error;
    return { data: { ended: end.reason }, text, ...(end.reason !== "removed" && { exitCode: EXIT.READER }) };
  } finally {
    file.close();
  }
}

export const registerSimulate: RegisterCommand = (program, run) => {
  const simulate = program
    .command("simulate")
    .description("simulated cards: make, inspect, put behind PC/SC");
  simulate
    .command("new <file>")
    .description("make a personalized card and its issuer's record, for development")
    .option("--credit <amount>", "money on the card", "20000sat")
    .option("--max-per-transaction <amount|none>", "most at once", "10000sat")
    .option("--pin-threshold <amount|none>", "PIN needed above this amount", "5000sat")
    .option("--budget-without-pin <amount|none>", "spendable in all before the PIN is needed", "8000sat")
    .option("--max-transactions <number>", "how many payments in all", "100000")
    .option("--pin", "give the card a PIN (asked for, or from CHEQUECARD_PIN)")
    .option("--publish-available", "show the available amount to every reader (links taps)")
    .option(
      "--node-uri <uri>",
      "pubkey@host:port of the node that pays; default: a made-up one on this machine",
    )
    .option("--id <id>", "card id, 16 hex digits with or without dashes; default: random")
    .option("--protocol <name>", `how the card talks: ${PROTOCOLS.join(", ")}`, "T=CL")
    .addHelpText(
      "after",
      "\nExamples:\n  chequecard simulate new card.json\n  CHEQUECARD_PIN=2718 chequecard simulate new card.json --pin --credit 0.001btc\n",
    )
    .action((path: string, options: NewOptions) => run((context) => makeNew(context, path, options)));
  simulate
    .command("list [folder]")
    .description("list the card files of a folder")
    .action((folder = ".") => run(async () => list(folder)));
  simulate
    .command("show <file>")
    .description("show what is on a simulated card")
    .action((path: string) =>
      run(async () => {
        const summary = summarize(path);
        const text = "uid" in summary ? renderNtag(summary) : renderSummary(summary);
        return { data: { file: path, ...summary }, text };
      }),
    );
  simulate
    .command("insert <file>")
    .description("lay a simulated card on the virtual PC/SC reader until Ctrl-C")
    .option("--port <number>", "port of the virtual reader", String(VPCD_PORT))
    .option("--applet", "the Java Card applet in its place; needs a clone, Java 17 and Maven")
    .addHelpText(
      "after",
      `
Needs pcscd with the virtual reader (Debian: vsmartcard-vpcd). Any PC/SC program then sees a card. Changes are
saved to the file before each answer leaves the card.

Example:
  chequecard simulate insert card.json &
  opensc-tool --send-apdu 00:A4:04:00:08:F0:43:48:45:51:55:45:01:00
`,
    )
    .action((path: string, options: { port: string; applet?: boolean }) =>
      run((context) => insert(context, path, options)),
    );
};
