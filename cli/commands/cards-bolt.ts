import type { Command } from "commander";
import { formatCardId } from "../../apdu/card-id.js";
import { hexToBytes, plural, writeDurableFile } from "../../common/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { letterPages, numberedCards, readCardList, readPinLetters } from "../../personalize/index.js";
import type { CommandContext, RunAction } from "../command-context.js";
import { InputError } from "../error-report.js";
import {
  type AddBoltOptions,
  addBoltCards,
  type BoltOptions,
  makeWipeLink,
  renewBoltPin,
  wipeBoltCard,
} from "../issuer/bolt-cards.js";
import { importBoltCards } from "../issuer/bolt-import.js";
import { CARD_ARGUMENT } from "../issuer/card-choice.js";
import { type IssuerChoice, issuerOption, passphraseOption, withIssuerLedger } from "../issuer/folder.js";
import type { CommandOutput } from "../output.js";
import { askSecret } from "../prompt/ask.js";
import { type YesOption, yesOption } from "../prompt/confirm.js";
import { renderTable } from "../table.js";

interface AddOptions extends AddBoltOptions {
  readonly list?: string;
  readonly count?: string;
  readonly prefix?: string;
}

function ordersOf(number: string | undefined, { list, count, prefix }: AddOptions) {
  const given = [number, list, count].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw new InputError("give a number, --list <file> or --count <number>: one of them");
  if (list !== undefined) return readCardList(list);
  if (count !== undefined)
    return numberedCards(/^\d{1,6}$/.test(count) ? Number.parseInt(count, 10) : 0, prefix);
  return [{ number: number ?? "", holder: "" }];
}

async function pins(
  context: CommandContext,
  path: string,
  options: IssuerChoice & { readonly html?: string },
): Promise<CommandOutput> {
  return withIssuerLedger(context, options, async (store) => {
    const rows = await store.db.selectFrom("sun_cards").select("card").where("live", "=", 1n).execute();
    const made = new Set(rows.map(({ card }) => card));
    const passphrase = await askSecret(context, {
      question: `Passphrase of ${path}`,
      variable: "CHEQUECARD_LETTERS_PASSPHRASE",
    });
    const all = await readPinLetters(path, passphrase, (id) => made.has(cardKey(id))).finally(() =>
      passphrase.fill(0),
    );
    // The newest letter of a card is the one that holds.
    const letters = [...new Map(all.map((letter) => [letter.card, letter])).values()];
    if (options.html !== undefined) {
      writeDurableFile(options.html, letterPages(letters));
      return {
        data: { file: options.html, letters: letters.length },
        text: `${plural(letters.length, "letter")} in ${options.html}, which only you can read. Print it, then delete it: the PINs stand in it in clear.`,
      };
    }
    const shown = letters.map((letter) => ({ ...letter, card: formatCardId(hexToBytes(letter.card)) }));
    return {
      data: { letters: shown },
      text: renderTable(
        ["NUMBER", "HOLDER", "CARD", "PIN"],
        shown.map(({ number, holder, card, pin = "" }) => [number, holder, card, pin]),
      ),
    };
  });
}

/** Adds `cards bolt`. */
export function registerCardsBolt(cards: Command, run: RunAction): void {
  const bolt = cards.command("bolt").description("Bolt Cards: program, wipe, PINs, chips that are out there");
  const keyed = (command: string, description: string): Command =>
    passphraseOption(issuerOption(bolt.command(command).description(description)));

  keyed("add [number]", "make one-time codes with which the app programs blank chips")
    .option("--list <file>", "many: CSV with the columns number and, optionally, holder")
    .option("--count <number>", "many, with running numbers")
    .option("--prefix <text>", "before running numbers, such as A-", "")
    .option("--policy <name>", "a policy of the configuration; default: the section boltCards has a low one")
    .option("--pin", "each card gets a random PIN, written into a letter")
    .option(
      "--letters <file>",
      "file of PIN letters (passphrase: CHEQUECARD_LETTERS_PASSPHRASE, or asked for)",
    )
    .option("--hours <number>", "how long the codes are good", "24")
    .option("--out <folder>", "write the codes into a new folder: labels.html, labels.csv, a picture of each")
    .addHelpText(
      "after",
      `
The service has to run with --bolt-cards, since the app asks it for the keys of a chip. The card is in the ledger before its
keys leave it, and is put into use by its first tap. A code of the same number that is still open stops being good.

Examples:
  chequecard cards bolt add A-0001 --issuer festival
  chequecard cards bolt add --count 500 --prefix A- --out codes --issuer festival
`,
    )
    .action((number: string | undefined, options: AddOptions) =>
      run((context) => addBoltCards(context, ordersOf(number, options), options)),
    );
  yesOption(
    keyed(
      "wipe <card>",
      `block a card and show the keys that make its chip blank (<card>: ${CARD_ARGUMENT})`,
    ),
  ).action((card: string, options: BoltOptions & YesOption) =>
    run((context) => wipeBoltCard(context, card, options)),
  );
  yesOption(
    keyed(
      "wipe-link [card]",
      `a link that makes chips blank by the app: of one card, or of each that is held to the phone (<card>: ${CARD_ARGUMENT})`,
    ),
  )
    .option("--hours <number>", "how long the link is good, at most 24", "2")
    .action((card: string | undefined, options: BoltOptions & YesOption & { readonly hours: string }) =>
      run((context) => makeWipeLink(context, card, options)),
    );
  keyed("new-pin <card>", `give a card a new PIN, in a letter, and its tries back (<card>: ${CARD_ARGUMENT})`)
    .option(
      "--letters <file>",
      "file of PIN letters (passphrase: CHEQUECARD_LETTERS_PASSPHRASE, or asked for)",
    )
    .option("--none", "take the PIN away")
    .action((card: string, options: BoltOptions & { letters?: string; none?: boolean }) =>
      run((context) => renewBoltPin(context, card, options)),
    );
  issuerOption(
    bolt
      .command("pins <letters>")
      .description("print the PINs of Bolt Cards (passphrase: CHEQUECARD_LETTERS_PASSPHRASE, or asked for)"),
  )
    .option("--html <file>", "write letters to print instead, a page for each card; shows no PIN")
    .action((path: string, options: IssuerChoice & { html?: string }) =>
      run((context) => pins(context, path, options)),
    );
  keyed(
    "import <file>",
    "register chips that have keys of an imported issuer key: CSV with uid, label, version",
  )
    .requiredOption("--batch <id>", "the batch key that their keys come from, 8 hex digits: see keys show")
    .action((path: string, options: BoltOptions & { batch: string }) =>
      run((context) => importBoltCards(context, path, options)),
    );
}
