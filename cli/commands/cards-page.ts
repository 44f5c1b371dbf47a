import { join } from "node:path";
import type { Command } from "commander";
import { plural, writeDurableFile } from "../../common/index.js";
import { findCardPage, revokeCardPage } from "../../issuer/ledger/index.js";
import { exportLabels, labelSheet, letterPages, readPinLetters } from "../../personalize/index.js";
import type { CommandContext, RunAction } from "../command-context.js";
import { type CsvOptions, csvForm, csvOptions } from "../csv-options.js";
import { audited } from "../desk/audit-log.js";
import { InputError } from "../error-report.js";
import { CARD_ARGUMENT, findCardId, timeIso, timeText } from "../issuer/card-choice.js";
import {
  cardsForPages,
  givePage,
  labelsOf,
  nameOf,
  openPagesOf,
  pageBaseOf,
  pageLettersPath,
} from "../issuer/card-pages.js";
import { type IssuerChoice, issuerOption, withIssuerLedger } from "../issuer/folder.js";
import { type LanguageOption, languageOption, letterLanguage } from "../letter-language.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { openLetters } from "../personalization-setup.js";
import { askSecret } from "../prompt/ask.js";
import { type YesOption, yesOption } from "../prompt/confirm.js";

interface LettersOption extends IssuerChoice {
  readonly letters?: string;
}

async function newPages(
  context: CommandContext,
  texts: readonly string[],
  options: LettersOption & YesOption & { readonly profile?: string },
): Promise<CommandOutput> {
  return withIssuerLedger(context, options, async (store, _config, folder) => {
    const base = pageBaseOf(folder, options.profile);
    const cards = await cardsForPages(context, store, texts, options.yes ?? false);
    const path = options.letters ?? pageLettersPath(folder);
    const letters = await openLetters(context, path);
    try {
      for (const card of cards) {
        context.signal.throwIfAborted();
        await audited(
          folder,
          { action: "page new", card: nameOf(card.cardId) },
          () => givePage(store, letters, base, card),
          () => ({ card: nameOf(card.cardId), told: {} }),
        );
      }
    } finally {
      letters.close();
    }
    return {
      data: { cards: cards.map(({ cardId }) => nameOf(cardId)), letters: path },
      text: `${plural(cards.length, "page")} made, at ${base}\nPrint QR codes and letters: chequecard cards page print <folder>`,
    };
  });
}

async function print(
  context: CommandContext,
  folder: string,
  options: LettersOption & LanguageOption & CsvOptions & { readonly qr?: string },
): Promise<CommandOutput> {
  const language = letterLanguage(options);
  const { qr } = options;
  if (qr !== undefined && qr !== "png" && qr !== "svg")
    throw new InputError(`--qr: need png or svg, have "${qr}"`);
  return withIssuerLedger(context, options, async (store, { timeZone, currency }, issuer) => {
    const path = options.letters ?? pageLettersPath(issuer);
    const passphrase = await askSecret(context, {
      question: `Passphrase of ${path}`,
      variable: "CHEQUECARD_LETTERS_PASSPHRASE",
    });
    const letters = await openPagesOf(
      store,
      await readPinLetters(path, passphrase).finally(() => passphrase.fill(0)),
    );
    const labels = labelsOf(letters);
    const files = [...exportLabels(folder, labels, qr, csvForm(options, timeZone, currency))];
    const write = (name: string, html: string) => {
      writeDurableFile(join(folder, name), html);
      files.push(name);
    };
    write("labels.html", labelSheet(labels));
    write("letters.html", letterPages(letters, language));
    return {
      data: { folder, files, pages: letters.length },
      text: `${plural(letters.length, "page")}, ${plural(files.length, "file")} in ${folder}, which only you can read. Print them, then delete them: secrets and codes stand in them in clear.`,
    };
  });
}

async function show(context: CommandContext, text: string, options: IssuerChoice): Promise<CommandOutput> {
  return withIssuerLedger(context, options, async (store) => {
    const cardId = await findCardId(store, text);
    const page = await findCardPage(store.db, cardId);
    const state = page === undefined ? "none" : page.revoked_at === null ? "open" : "revoked";
    return {
      data: {
        card: nameOf(cardId),
        page: state,
        madeAt: page && timeIso(page.made_at),
        revokedAt: page && timeIso(page.revoked_at),
      },
      text: renderRecord([
        ["Card", nameOf(cardId)],
        ["Page", state],
        ["Made", page && timeText(page.made_at)],
        ["Revoked", page?.revoked_at ? timeText(page.revoked_at) : undefined],
      ]),
    };
  });
}

async function revoke(context: CommandContext, text: string, options: IssuerChoice): Promise<CommandOutput> {
  return withIssuerLedger(context, options, async (store, _config, folder) => {
    const cardId = await findCardId(store, text);
    const card = nameOf(cardId);
    await audited(
      folder,
      { action: "page revoke", card },
      () => revokeCardPage(store, cardId, Date.now()),
      () => ({ card, told: {} }),
    );
    return {
      data: { card, page: "revoked" },
      text: `The page of card ${card} is revoked: its QR code opens nothing any more.`,
    };
  });
}

const lettersOption = (command: Command): Command =>
  issuerOption(command).option(
    "--letters <file>",
    "file of letters (passphrase: CHEQUECARD_LETTERS_PASSPHRASE, or asked for); default: card-pages of the issuer",
  );

/** Adds `cards page`. */
export function registerCardsPage(cards: Command, run: RunAction): void {
  const page = cards
    .command("page")
    .description("the pages on which holders see what is on their cards, and block them");
  yesOption(
    lettersOption(
      page.command("new <card...>").description(`make a page for cards, or another one (${CARD_ARGUMENT})`),
    ),
  )
    .option("--profile <file>", "the profile that says where pages are; default: profile.yaml of the issuer")
    .addHelpText(
      "after",
      `
For cards that were made without a page, and for those whose QR code or code came into wrong hands: the old ones open
nothing from then on. New cards get theirs when they are made, where the profile has card-page.

Examples:
  chequecard cards page new A17
  chequecard cards page print labels
`,
    )
    .action((texts: string[], options) => run((context) => newPages(context, texts, options)));
  languageOption(
    csvOptions(
      lettersOption(
        page
          .command("print <folder>")
          .description("write labels with QR codes, and letters with codes, for the pages that were made so"),
      ),
    ),
  )
    .option("--qr <png|svg>", "write a picture of each QR code too")
    .action((folder: string, options) => run((context) => print(context, folder, options)));
  issuerOption(page.command("show <card>").description("whether a card has a page")).action(
    (text: string, options: IssuerChoice) => run((context) => show(context, text, options)),
  );
  issuerOption(
    page.command("revoke <card>").description("end the page of a card: its QR code opens nothing any more"),
  ).action((text: string, options: IssuerChoice) => run((context) => revoke(context, text, options)));
}
