import type { Command } from "commander";
import { equalBytes, formatMsat, type Msat } from "../../common/index.js";
import type { ChargeAmount } from "../../host/terminal/charge-amount.js";
import { type Order, remaining, showCard } from "../../issuer/ledger/index.js";
import type { Presence } from "../../issuer/service/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import type { CommandContext, RunAction } from "../command-context.js";
import { audited } from "../desk/audit-log.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { agreeToOrder, cardInQuestion, deskAmount } from "../issuer/agree.js";
import { type DeskOptions, withCardAtDesk } from "../issuer/at-desk.js";
import { CARD_ARGUMENT, cardText, findCardId } from "../issuer/card-choice.js";
import {
  issuerFolder,
  issuerOption,
  passphraseOption,
  readIssuerConfig,
  withIssuerLedger,
} from "../issuer/folder.js";
import { handOver } from "../issuer/hand-over.js";
import { bookOrder, type PlacedOrder, type ReferenceOption, referenceOption } from "../issuer/orders.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { type YesOption, yesOption } from "../prompt/confirm.js";

interface TopUpOptions extends DeskOptions, ReferenceOption, YesOption {
  readonly amount: string;
  readonly rate?: string;
  readonly note: string;
}

/** `--reader` or `--card`, `--issuer` and its keys. */
export const readerOptions = (command: Command): Command =>
  passphraseOption(
    issuerOption(command)
      .option("--reader <name>", "the card lies on this PC/SC reader: its name or a part of it")
      .option("--card <file>", "the simulated card of this file"),
  );

const standing = ({ card, counter, credit, authorizedTotal, blocked, pinTriesUsedUp }: Presence) => ({
  card: cardText(cardKey(card.cardId)),
  payments: counter,
  credit,
  available: credit - authorizedTotal,
  blocked,
  pinTriesUsedUp,
});

const standingText = (presence: Presence): string =>
  renderRecord([
    ["Card", cardText(cardKey(presence.card.cardId))],
    ["On the card", formatMsat(presence.credit - presence.authorizedTotal)],
    ["State", presence.blocked ? "blocked" : "may pay"],
    ["PIN", presence.pinTriesUsedUp ? "tries used up" : undefined],
  ]);

/** Without a reader: only the ledger. */
async function topUpById(
  context: CommandContext,
  text: string,
  options: TopUpOptions,
): Promise<CommandOutput> {
  return withIssuerLedger(context, options, async (store, config, folder) => {
    const charge = deskAmount(options.amount, options.rate, config);
    const cardId = await findCardId(store, text);
    const { booked, left } = await topUp(context, { store, folder }, cardId, charge, options);
    return {
      data: { ...topUpData(cardId, booked, left), delivered: false },
      text: `${bookedText(booked)} Card ${cardText(cardKey(cardId))} has ${formatMsat(left)} now. The card learns of it with its next tap.`,
      told: booked.told,
    };
  });
}

async function topUp(
  context: CommandContext,
  { store, folder }: { readonly store: Store; readonly folder: string },
  cardId: Uint8Array,
  { amount, fiat }: ChargeAmount,
  { note, reference, yes }: TopUpOptions,
): Promise<{ readonly booked: PlacedOrder; readonly left: Msat }> {
  const order: Order = { kind: "top-up", cardId, amount, note };
  const { name, left } = await cardInQuestion(store, cardId);
  const paid = `${formatMsat(amount)}${fiat === undefined ? "" : ` for ${fiat}`}`;
  const question = `Book ${paid} as paid in for card ${name}, which has ${formatMsat(left)}?`;
  await agreeToOrder(context, folder, order, question, yes);
  const booked = await bookOrder(store, folder, order, reference);
  return { booked, left: remaining(await showCard(store.db, cardId)) };
}

const topUpData = (cardId: Uint8Array, { amount, reference, repeated }: PlacedOrder, left: Msat) => ({
  card: cardText(cardKey(cardId)),
  amount,
  left,
  reference,
  repeated,
});

const bookedText = ({ amount, reference, repeatText }: PlacedOrder): string =>
  repeatText ?? `${formatMsat(amount)} paid in (reference ${reference}).`;

/** With a reader: who lies there, the booking, then the update, and the card's own word that it has it. */
async function topUpAtDesk(
  context: CommandContext,
  text: string | undefined,
  options: TopUpOptions,
): Promise<CommandOutput> {
  const config = readIssuerConfig(issuerFolder(context, options));
  const charge = deskAmount(options.amount, options.rate, config);
  return withCardAtDesk(context, options, async ({ store, folder, desk, card }) => {
    const { cardId } = (await desk.identify(card)).card;
    if (text !== undefined && !equalBytes(await findCardId(store, text), cardId))
      throw new InputError(
        `another card lies on the reader: ${cardText(cardKey(cardId))}; nothing was booked`,
      );
    const { booked, left } = await topUp(context, { store, folder }, cardId, charge, options);
    const { presence, problem } = await handOver(desk, card, context.signal);
    return {
      data: {
        ...topUpData(cardId, booked, left),
        delivered: presence !== undefined,
        ...(presence ? { onCard: standing(presence) } : { problem }),
      },
      text: presence
        ? `${bookedText(booked)}\n${standingText(presence)}`
        : `${formatMsat(charge.amount)} are booked for card ${cardText(cardKey(cardId))} (reference ${booked.reference}): do not book them again. The card has not got them yet (${problem}); it does with its next tap.`,
      exitCode: presence ? EXIT.OK : context.signal.aborted ? EXIT.INTERRUPTED : EXIT.READER,
      told: booked.told,
    };
  });
}

/** Adds the commands that serve a card on the issuer's own reader. */
export function registerCardsDesk(cards: Command, run: RunAction): void {
  yesOption(
    referenceOption(
      readerOptions(
        cards
          .command("top-up [card]")
          .description(`book money paid in for a card (${CARD_ARGUMENT}), or for the card on the reader`),
      ),
    ),
  )
    .requiredOption(
      "--amount <amount>",
      "whole satoshi such as 5000sat, or a sum such as 5eur; at most maxTopUp of issuer.yaml",
    )
    .option("--rate <price>", "price of one bitcoin such as 61500eur, for sums in a currency")
    .option("--note <text>", "kept with the booking", "")
    .addHelpText(
      "after",
      `
What will be booked is shown first, and asked about; a script gives --yes.
With --reader or --card the card that lies there is asked who it is, gets its higher credit at once, and confirms it.
If this ends with "may be booked", or is stopped, run the same command again: it books nothing twice.

Examples:
  chequecard cards top-up 0123-4567-89ab-cdef --amount 5000sat
  chequecard cards top-up --amount 5000sat --reader ACR1252
  chequecard cards top-up A17 --amount 5eur --rate 61500eur
`,
    )
    .action((card: string | undefined, options: TopUpOptions) =>
      run((context) => {
        if (options.reader !== undefined || options.card !== undefined)
          return topUpAtDesk(context, card, options);
        if (card === undefined) throw new InputError("name a card, or a reader with --reader");
        return topUpById(context, card, options);
      }),
    );
  readerOptions(
    cards
      .command("deliver")
      .description("hand the card on the reader everything that waits for it, and say how it stands"),
  ).action((options: DeskOptions) =>
    run((context) =>
      withCardAtDesk(context, options, async ({ folder, desk, card }) => {
        const presence = await audited(
          folder,
          { action: "deliver" },
          () => desk.deliver(card),
          (done) => ({ card: cardText(cardKey(done.card.cardId)), told: {} }),
        );
        return { data: standing(presence), text: standingText(presence) };
      }),
    ),
  );
}
