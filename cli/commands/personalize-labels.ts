import type { Command } from "commander";
import { formatCardId } from "../../apdu/card-id.js";
import { hexToBytes } from "../../common/index.js";
import { cardLabels, exportLabels, Journal, readPinLetters } from "../../personalize/index.js";
import type { CommandContext, RunAction } from "../command-context.js";
import { type CsvOptions, csvForm, csvOptions, systemTimeZone } from "../csv-options.js";
import { InputError } from "../error-report.js";
import type { CommandOutput } from "../output.js";
import { askSecret } from "../prompt/ask.js";
import { renderTable } from "../table.js";

async function labels(
  folder: string,
  options: CsvOptions & { journal: string; qr?: string },
): Promise<CommandOutput> {
  const form = csvForm(options, systemTimeZone());
  const { qr } = options;
  if (qr !== undefined && qr !== "png" && qr !== "svg")
    throw new InputError(`--qr: need png or svg, have "${qr}"`);
  const list = cardLabels(Journal.read(options.journal));
  const files = exportLabels(folder, list, qr, form);
  return {
    data: { folder, files, labels: list },
    text: `${list.length} labels, ${files.length} files in ${folder}`,
  };
}

async function pins(
  context: CommandContext,
  path: string,
  options: { journal: string },
): Promise<CommandOutput> {
  const passphrase = await askSecret(context, {
    question: `Passphrase of ${path}`,
    variable: "CHEQUECARD_LETTERS_PASSPHRASE",
  });
  const journal = Journal.read(options.journal);
  const finished = new Set(cardLabels(journal).map(({ cardId }) => cardId));
  try {
    const letters = await readPinLetters(path, passphrase, (id) =>
      finished.has(Buffer.from(id).toString("hex")),
    );
    return {
      data: { letters },
      text: renderTable(
        ["NUMBER", "HOLDER", "CARD", "PIN"],
        letters.map(({ number, holder, card, pin }) => [number, holder, formatCardId(hexToBytes(card)), pin]),
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
    .action((folder: string, options) => run(() => labels(folder, options)));
  personalize
    .command("pins <letters>")
    .description(
      "print the PINs of the finished cards (passphrase: CHEQUECARD_LETTERS_PASSPHRASE, or asked for)",
    )
    .option("--journal <file>", "the batch's journal", "batch.journal")
    .action((path: string, options) => run((context) => pins(context, path, options)));
}
