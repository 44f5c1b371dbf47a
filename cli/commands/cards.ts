import { type Command, Option } from "commander";
import { byLabel, plural } from "../../common/index.js";
import { blockCard, type CardEntry, unblockCard } from "../../issuer/ledger/index.js";
import { cardDetails, cardsCsv, eachCard } from "../../issuer/reports/index.js";
import type { Store } from "../../issuer/store/index.js";
import type { CardState } from "../../issuer/store/schema.js";
import { cardKey, nodeKey } from "../../issuer/store/values.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { writeCsv } from "../csv-file.js";
import { type CsvOptions, csvForm, csvOptions } from "../csv-options.js";
import { audited } from "../desk/audit-log.js";
import { InputError } from "../error-report.js";
import { CARD_ARGUMENT, cardText, findCardId } from "../issuer/card-choice.js";
import { cardData, cardTable, detailsData, detailsText } from "../issuer/card-view.js";
import { type IssuerChoice, issuerOption, withIssuerLedger } from "../issuer/folder.js";
import { type LimitsOptions, limitCards, limitsOptions } from "../issuer/limits.js";
import { readNodeId } from "../issuer/node-choice.js";
import type { CommandOutput } from "../output.js";
import { registerCardsBolt } from "./cards-bolt.js";
import { registerCardsDesk } from "./cards-desk.js";
import { registerCardsMoney } from "./cards-money.js";
import { registerCardsNewPin } from "./cards-new-pin.js";
import { registerCardsPage } from "./cards-page.js";

interface ListOptions extends IssuerChoice {
  readonly state?: CardState;
  readonly label?: string;
  readonly node?: string;
  readonly limit: string;
}

async function list(context: CommandContext, options: ListOptions): Promise<CommandOutput> {
  if (!/^\d{1,7}$/.test(options.limit))
    throw new InputError(`--limit: need a number, have "${options.limit}"`);
  const most = Number.parseInt(options.limit, 10);
  const label = options.label?.normalize("NFC");
  const filter = {
    ...(options.state === undefined ? {} : { state: options.state }),
    ...(options.node === undefined ? {} : { node: nodeKey(readNodeId(options.node, "--node")) }),
  };
  return withIssuerLedger(context, options, async (store) => {
    const all: CardEntry[] = [];
    for await (const card of eachCard(store.db, filter))
      if (label === undefined || card.label.normalize("NFC").includes(label)) all.push(card);
    const found = sorted(all).slice(0, most);
    const more = found.length < all.length;
    return {
      data: { cards: found.map(cardData), more },
      text: found.length
        ? `${cardTable(found)}${more ? "\nThere are more: --limit, or cards export." : ""}`
        : "No such card. Cards come into the ledger with: chequecard personalize",
    };
  });
}

/** By what is printed on them. */
const sorted = (cards: readonly CardEntry[]): CardEntry[] =>
  [...cards].sort((a, b) => byLabel(a.label, b.label));

async function exportCards(
  context: CommandContext,
  file: string,
  options: IssuerChoice & CsvOptions,
): Promise<CommandOutput> {
  return withIssuerLedger(context, options, async (store, { timeZone, currency }) => {
    const form = csvForm(options, timeZone, currency);
    const cards: CardEntry[] = [];
    for await (const card of eachCard(store.db)) cards.push(card);
    writeCsv(file, cardsCsv(sorted(cards), cardText, form));
    return {
      data: { file, cards: cards.length },
      text: `${plural(cards.length, "card")} written to ${file}.`,
    };
  });
}

/** Does something with one card and says how it stands then. */
async function withCard(
  context: CommandContext,
  options: IssuerChoice,
  { action, text }: { readonly action: string; readonly text: string },
  work: (store: Store, cardId: Uint8Array) => Promise<{ readonly text: string; readonly data?: object }>,
): Promise<CommandOutput> {
  return withIssuerLedger(context, options, async (store, _config, folder) => {
    const cardId = await findCardId(store, text);
    const card = cardText(cardKey(cardId));
    const tell = () => ({ card, told: {} });
    const done = await audited(folder, { action, card }, () => work(store, cardId), tell);
    return { data: { card: cardText(cardKey(cardId)), ...done.data }, text: done.text };
  });
}

const name = (cardId: Uint8Array): string => cardText(cardKey(cardId));
const NEXT_TAP = "The card learns of it with its next tap, or at once with: chequecard cards deliver";

export const registerCards: RegisterCommand = (program, run) => {
  const cards = program
    .command("cards")
    .description("the cards of an issuer: see, block, change, replace, pay out");
  const one = (command: string, description: string): Command =>
    issuerOption(cards.command(`${command} <card>`).description(`${description} (<card>: ${CARD_ARGUMENT})`));

  issuerOption(cards.command("list").description("cards in the order of their labels"))
    .addOption(
      new Option("--state <state>", "only those").choices(["pending", "active", "blocked", "retired"]),
    )
    .option("--label <text>", "only those with this in their label")
    .option("--node <id>", "only those whose URI names this node, which terminals ask to pay")
    .option("--limit <number>", "at most that many", "200")
    .action((options: ListOptions) => run((context) => list(context, options)));
  one("show", "everything that the ledger has of a card").action((card: string, options: IssuerChoice) =>
    run((context) =>
      withIssuerLedger(context, options, async (store) => {
        const details = await cardDetails(store, await findCardId(store, card), 20);
        return { data: detailsData(details), text: detailsText(details) };
      }),
    ),
  );
  one("block", "refuse a card from now on").action((card: string, options: IssuerChoice) =>
    run((context) =>
      withCard(context, options, { action: "block", text: card }, async (store, cardId) => {
        await blockCard(store, cardId, Date.now());
        return { text: `Card ${name(cardId)} is blocked: nothing more is paid for it.` };
      }),
    ),
  );
  one("unblock", "let a blocked card pay again").action((card: string, options: IssuerChoice) =>
    run((context) =>
      withCard(context, options, { action: "unblock", text: card }, async (store, cardId) => {
        await unblockCard(store, cardId, Date.now());
        return { text: `Card ${name(cardId)} may pay again. ${NEXT_TAP}` };
      }),
    ),
  );
  limitsOptions(one("limits", "give a card new limits, or a policy of the configuration")).action(
    (card: string, options: LimitsOptions) => run((context) => limitCards(context, card, options)),
  );
  csvOptions(issuerOption(cards.command("export <file>").description("write all cards as CSV")), {
    priced: true,
  }).action((file: string, options: IssuerChoice & CsvOptions) =>
    run((context) => exportCards(context, file, options)),
  );
  registerCardsMoney(cards, run);
  registerCardsDesk(cards, run);
  registerCardsNewPin(cards, run);
  registerCardsPage(cards, run);
  registerCardsBolt(cards, run);
};
