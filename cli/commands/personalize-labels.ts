import { join } from "node:path";
import type { Command } from "commander";
import { formatCardId } from "../../apdu/card-id.js";
import { hexToBytes, plural, writeDurableFile } from "../../common/index.js";
import {
  cardLabels,
  exportLabels,
  Journal,
  labelSheet,
  letterPages,
  readPinLetters,
} from "../../personalize/index.js";
import type { CommandContext, RunAction } from "../command-context.js";
import { type CsvOptions, csvForm, csvOptions, systemTimeZone } from "../csv-options.js";
import { InputError } from "../error-report.js";
import type { CommandOutput } from "../output.js";
import { askSecret } from "../prompt/ask.js";
import { renderTable } from "../table.js";

async function labels(
  folder: string,
  options: CsvOptions & { journal: string; qr?: string; sheet?: boolean },
): Promise<CommandOutput> {
  const form = csvForm(options, systemTimeZone());
  const { qr } = options;
  if (qr !== undefined && qr !== "png" && qr !== "svg")
    throw new InputError(`--qr: need png or svg, have "${qr}"`);
  const list = cardLabels(Journal.read(options.journal));
  const files = [...exportLabels(folder, list, qr, form)];
  if (options.sheet) {
    writeDurableFile(join(folder, "labels.html"), labelSheet(list), 0o644);
    files.push("labels.html");
  }
  return {
    data: { folder, files, labels: list },
    text: `${plural(list.length, "label")}, ${plural(files.length, "file")} in ${folder}`,
  };
}

async function pins(
  context: CommandContext,
  path: string,
  options: { journal: string; html?: string },
): Promise<CommandOutput> {
  const passphrase = await askSecret(context, {
    question: `Passphrase of ${path}`,
    variable: "CHEQUECARD_LETTERS_PASSPHRASE",
  });
  const journal = Journal.read(options.journal);
  const finished = new Set(cardLabels(journal).map(({ cardId }) => cardId));
  try {
    const letters = await readPinLetters(path, passphrase, (id) => finished.has(formatCardId(id)));
    if (options.html !== undefined) {
      writeDurableFile(options.html, letterPages(letters));
      return {
        data: { file: options.html, letters: letters.length },
        text: `${plural(letters.length, "letter")} in ${options.html}, which only you can read. Print it, then delete it: the PINs stand in it in clear.`,
      };
    }
    const told = letters.map((letter) => ({ ...letter, card: formatCardId(hexToBytes(letter.card)) }));
    return {
      data: { letters: told },
      text: renderTable(
        ["NUMBER", "HOLDER", "CARD", "PIN"],
        told.map(({ number, holder, card, pin }) => [number, holder, card, pin]),
      ),
    };
  } finally {
    passphrase.fill(0);
  }
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
    .action((folder: string, options) => run(() => labels(folder, options)));
  personalize
    .command("pins <letters>")
    .description(
      "print the PINs of the finished cards (passphrase: CHEQUECARD_LETTERS_PASSPHRASE, or asked for)",
    )
    .option("--journal <file>", "the batch's journal", "batch.journal")
    .option("--html <file>", "write letters to print instead, a page for each card; shows no PIN")
    .action((path: string, options) => run((context) => pins(context, path, options)));
}
