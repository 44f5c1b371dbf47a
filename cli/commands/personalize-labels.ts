import { join } from "node:path";
import type { Command } from "commander";
import { formatCardId } from "../../apdu/card-id.js";
import { hexToBytes, plural, writeDurableFile } from "../../common/index.js";
import {
  cardLabels,
  exportLabels,
  holdsSecrets,
  Journal,
  labelSheet,
  letterPages,
  type PinLetter,
  readPinLetters,
  withPages,
} from "../../personalize/index.js";
import type { CommandContext, RunAction } from "../command-context.js";
import { type CsvOptions, csvForm, csvOptions, systemTimeZone } from "../csv-options.js";
import { InputError } from "../error-report.js";
import { type LanguageOption, languageOption, letterLanguage } from "../letter-language.js";
import type { CommandOutput } from "../output.js";
import { askSecret } from "../prompt/ask.js";
import { renderTable } from "../table.js";

async function labels(
  context: CommandContext,
  folder: string,
  options: CsvOptions & { journal: string; letters?: string; qr?: string; sheet?: boolean },
): Promise<CommandOutput> {
  const form = csvForm(options, systemTimeZone());
  const { qr } = options;
  if (qr !== undefined && qr !== "png" && qr !== "svg")
    throw new InputError(`--qr: need png or svg, have "${qr}"`);
  const bare = cardLabels(Journal.read(options.journal));
  const list =
    options.letters === undefined ? bare : withPages(bare, await openLetters(context, options.letters));
  const files = [...exportLabels(folder, list, qr, form)];
  const isSecret = holdsSecrets(list);
  if (options.sheet) {
    writeDurableFile(join(folder, "labels.html"), labelSheet(list), isSecret ? 0o600 : 0o644);
    files.push("labels.html");
  }
  const pages = list.filter(({ page }) => page !== undefined).length;
  return {
    // Secrets of pages are for the printer alone.
    data: { folder, files, pages, labels: bare },
    text: `${plural(list.length, "label")}, ${plural(files.length, "file")} in ${folder}${
      isSecret
        ? `\n${plural(pages, "page")} among them: what has their QR codes only you can read. Print it, then delete it.`
        : ""
    }`,
  };
}

async function openLetters(
  context: CommandContext,
  path: string,
  keep?: (cardId: Uint8Array) => boolean,
): Promise<PinLetter[]> {
  const passphrase = await askSecret(context, {
    question: `Passphrase of ${path}`,
    variable: "CHEQUECARD_LETTERS_PASSPHRASE",
  });
  return await readPinLetters(path, passphrase, keep).finally(() => passphrase.fill(0));
}

async function pins(
  context: CommandContext,
  path: string,
  options: LanguageOption & { journal: string; html?: string },
): Promise<CommandOutput> {
  const language = letterLanguage(options);
  const journal = Journal.read(options.journal);
  const finished = new Set(cardLabels(journal).map(({ cardId }) => cardId));
  const letters = await openLetters(context, path, (id) => finished.has(formatCardId(id)));
  if (options.html !== undefined) {
    writeDurableFile(options.html, letterPages(letters, language));
    return {
      data: { file: options.html, letters: letters.length },
      text: `${plural(letters.length, "letter")} in ${options.html}, which only you can read. Print it, then delete it: the PINs stand in it in clear.`,
    };
  }
  // Without the secrets of pages: those belong on the cards.
  const told = letters.map(({ page, ...letter }) => ({
    ...letter,
    card: formatCardId(hexToBytes(letter.card)),
    ...(page ? { code: page.code } : {}),
  }));
  const hasCodes = told.some(({ code }) => code !== undefined);
  return {
    data: { letters: told },
    text: renderTable(
      ["NUMBER", "HOLDER", "CARD", "PIN", ...(hasCodes ? ["CODE"] : [])],
      told.map(({ number, holder, card, pin = "", code = "" }) => [
        ...[number, holder, card, pin],
        ...(hasCodes ? [code] : []),
      ]),
    ),
  };
}

/** Adds `personalize labels` and `personalize pins`. */
export function registerLabels(personalize: Command, run: RunAction): void {
  csvOptions(
    personalize
      .command("labels <folder>")
      .description("write labels.csv of the finished cards into a folder, and a QR code for each"),
  )
    .option("--journal <file>", "the batch's journal", "batch.journal")
    .option("--qr <png|svg>", "write a picture of each QR code too")
    .option("--sheet", "write labels.html too: sheets of A4 to print, three labels in a row")
    .option(
      "--letters <file>",
      "PIN letters with the cards' pages: their addresses get into the QR codes (passphrase: CHEQUECARD_LETTERS_PASSPHRASE, or asked for)",
    )
    .action((folder: string, options) => run((context) => labels(context, folder, options)));
  languageOption(
    personalize
      .command("pins <letters>")
      .description(
        "print the PINs and page codes of the finished cards (passphrase: CHEQUECARD_LETTERS_PASSPHRASE, or asked for)",
      )
      .option("--journal <file>", "the batch's journal", "batch.journal")
      .option("--html <file>", "write letters to print instead, a page for each card; shows no PIN"),
  ).action((path: string, options) => run((context) => pins(context, path, options)));
}
