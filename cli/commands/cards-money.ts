import type { Command } from "commander";
import { formatMsat, parseAmount } from "../../common/index.js";
import { faceRoute, findTopUp, retireCard, reversible, showCard } from "../../issuer/ledger/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import type { CommandContext, RunAction } from "../command-context.js";
import { audited } from "../desk/audit-log.js";
import { InputError } from "../error-report.js";
import { agreeToOrder, cardInQuestion } from "../issuer/agree.js";
import { CARD_ARGUMENT, cardText, findCardId, timeText } from "../issuer/card-choice.js";
import { type IssuerChoice, issuerOption, withIssuerLedger } from "../issuer/folder.js";
import { bookOrder, type PlacedOrder, type ReferenceOption, referenceOption } from "../issuer/orders.js";
import type { CommandOutput } from "../output.js";
import { agree, type YesOption, yesOption } from "../prompt/confirm.js";

interface OrderOptions extends IssuerChoice, ReferenceOption, YesOption {}

interface MoneyOptions extends OrderOptions {
  readonly note: string;
}

const name = (cardId: Uint8Array): string => cardText(cardKey(cardId));
const NEXT_TAP = "The card learns of it with its next tap, or at once with: chequecard cards deliver";
const AGAIN = `
What will be booked is shown first, and asked about; a script gives --yes.
If this ends with "may be booked", or is stopped, run the same command again: it books nothing twice.
`;

/** What every command here tells of the order that it booked. */
function told(cardId: Uint8Array, booked: PlacedOrder, data: object, text: string): CommandOutput {
  const { reference, repeated, repeatText } = booked;
  return {
    data: { card: cardText(cardKey(cardId)), ...data, reference, repeated },
    text: repeatText === undefined ? `${text} Reference: ${reference}.` : `${text}\n${repeatText}`,
    told: booked.told,
  };
}

async function replaceCard(
  context: CommandContext,
  lost: string,
  fresh: string,
  options: OrderOptions,
): Promise<CommandOutput> {
  return withIssuerLedger(context, options, async (store, _config, folder) => {
    const cardId = await findCardId(store, lost);
    const replacement = await findCardId(store, fresh);
    const order = { kind: "replace", cardId, replacement } as const;
    const [from, to] = [await cardInQuestion(store, cardId), await cardInQuestion(store, replacement)];
    const question = `Move ${formatMsat(from.left)} from card ${from.name} to card ${to.name}, and retire the first for ever?`;
    await agreeToOrder(context, folder, order, question, options.yes);
    const booked = await bookOrder(store, folder, order, options.reference);
    return told(
      cardId,
      booked,
      { replacedBy: cardText(cardKey(replacement)), moved: booked.amount },
      `${formatMsat(booked.amount)} moved from ${name(cardId)}, which is retired, to ${name(replacement)}. ${NEXT_TAP}.`,
    );
  });
}

interface MoveOptions extends OrderOptions {
  readonly back?: boolean;
}

/** Between a card's own account and that of its second face. */
async function moveMoney(
  context: CommandContext,
  card: string,
  text: string,
  options: MoveOptions,
): Promise<CommandOutput> {
  return withIssuerLedger(context, options, async (store, _config, folder) => {
    const amount = parseAmount(text, "amount");
    const { cardId, to } = await faceRoute(store.db, await findCardId(store, card), options.back ?? false);
    const order = { kind: "move", cardId, to, amount } as const;
    const [giver, taker] = [await cardInQuestion(store, cardId), await cardInQuestion(store, to)];
    const question = `Move ${formatMsat(amount)} from ${giver.name}, which has ${formatMsat(giver.left)}, to ${taker.name}, which has ${formatMsat(taker.left)}?`;
    await agreeToOrder(context, folder, order, amount <= giver.left ? question : undefined, options.yes);
    const booked = await bookOrder(store, folder, order, options.reference);
    return told(
      cardId,
      booked,
      { to: name(to), moved: booked.amount },
      `${formatMsat(booked.amount)} moved from ${name(cardId)} to ${name(to)}. ${
        options.back
          ? `${NEXT_TAP}.`
          : "What the card itself shows stays: what it authorizes beyond its money is refused."
      }`,
    );
  });
}

async function cashOut(context: CommandContext, text: string, options: MoneyOptions): Promise<CommandOutput> {
  return withIssuerLedger(context, options, async (store, _config, folder) => {
    const cardId = await findCardId(store, text);
    const order = { kind: "cash-out", cardId, note: options.note } as const;
    const { name: card, left } = await cardInQuestion(store, cardId);
    const question = `Book ${formatMsat(left)} of card ${card} as paid out, and block it?`;
    await agreeToOrder(context, folder, order, left > 0n ? question : undefined, options.yes);
    const booked = await bookOrder(store, folder, order, options.reference);
    return told(
      cardId,
      booked,
      { paidOut: booked.amount },
      booked.repeated
        ? `${formatMsat(booked.amount)} were paid out for card ${name(cardId)}; hand them out only if that was not done yet.`
        : `Hand out ${formatMsat(booked.amount)} for card ${name(cardId)}; it is blocked.`,
    );
  });
}

interface ReverseOptions extends MoneyOptions {
  readonly topUp?: string;
}

/** The number of an operation, as `cards show` lists it. */
function operationNumber(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,17}$/.test(text)) return BigInt(text);
  throw new InputError(`--top-up: need the number of a top-up, have "${text.slice(0, 40)}"`, {
    hint: "The numbers are in the list of: chequecard cards show <card>",
  });
}

async function reverseTopUp(
  context: CommandContext,
  card: string,
  options: ReverseOptions,
): Promise<CommandOutput> {
  const wanted = operationNumber(options.topUp);
  return withIssuerLedger(context, options, async (store, _config, folder) => {
    const cardId = await findCardId(store, card);
    const topUp = await findTopUp(store.db, cardId, wanted);
    const order = { kind: "reverse", cardId, operation: topUp.operation, note: options.note } as const;
    const back = reversible(topUp, await showCard(store.db, cardId));
    const of = `${formatMsat(back)} of the top-up of ${formatMsat(topUp.amount)} (${timeText(topUp.at)})`;
    const question = `Book ${of} for card ${(await cardInQuestion(store, cardId)).name} back?`;
    await agreeToOrder(context, folder, order, back > 0n ? question : undefined, options.yes);
    const booked = await bookOrder(store, folder, order, options.reference);
    const rest = topUp.amount - booked.amount;
    return told(
      cardId,
      booked,
      { reversed: booked.amount, topUp: topUp.operation, of: topUp.amount },
      `${formatMsat(booked.amount)} of the top-up of ${formatMsat(topUp.amount)} for card ${name(cardId)} are booked back.${
        rest > 0n ? ` ${formatMsat(rest)} of it are not: spent, reserved, or booked back before.` : ""
      } The card may show more than it has: what it authorizes beyond its money is refused.`,
    );
  });
}

async function retire(
  context: CommandContext,
  { store, folder }: { readonly store: Store; readonly folder: string },
  text: string,
  yes: boolean | undefined,
): Promise<CommandOutput> {
  const cardId = await findCardId(store, text);
  const { name: card, left } = await cardInQuestion(store, cardId);
  // With money on it the ledger refuses.
  if (left === 0n) await agree(context, `Take card ${card} out of use for ever?`, yes);
  const entry = { action: "retire", card: name(cardId) };
  const end = () => retireCard(store, cardId, Date.now());
  await audited(folder, entry, end, () => ({ card: name(cardId), told: {} }));
  return {
    data: { card: name(cardId) },
    text: `Card ${name(cardId)} is retired; its id is never used again.`,
  };
}

/** Adds the commands that move money in the ledger, and end a card. */
export function registerCardsMoney(cards: Command, run: RunAction): void {
  const one = (command: string, description: string): Command =>
    yesOption(
      issuerOption(
        cards.command(`${command} <card>`).description(`${description} (<card>: ${CARD_ARGUMENT})`),
      ),
    );

  referenceOption(
    yesOption(
      issuerOption(
        cards
          .command("replace <lost> <fresh>")
          .description(
            "replace a lost card: its money moves to another active card, its id is retired for ever",
          ),
      ),
    ),
  )
    .addHelpText(
      "after",
      `
What is still in flight on the lost card stays there until it is resolved; what of it is released can be moved by
paying it out and topping the other card up.
${AGAIN}
Example:
  chequecard cards replace A17 4f2a-9c01-77be-0d53
`,
    )
    .action((lost: string, fresh: string, options: OrderOptions) =>
      run((context) => replaceCard(context, lost, fresh, options)),
    );
  referenceOption(
    yesOption(
      issuerOption(
        cards
          .command("move <card> <amount>")
          .description(
            "move money from a card's account to that of its second face, which tills of Bolt Cards take from",
          ),
      ),
    ),
  )
    .option("--back", "from the second face to the card")
    .addHelpText(
      "after",
      `
The second face is brought to at most the limit of its policy (maxBalance). It can be used at once.
${AGAIN}
Examples:
  chequecard cards move A17 5000sat
  chequecard cards move A17 5000sat --back
`,
    )
    .action((card: string, amount: string, options: MoveOptions) =>
      run((context) => moveMoney(context, card, amount, options)),
    );
  referenceOption(one("cash-out", "book all that a card has left as paid out, and block it"))
    .option("--note <text>", "kept with the booking", "")
    .addHelpText("after", AGAIN)
    .action((card: string, options: MoneyOptions) => run((context) => cashOut(context, card, options)));
  referenceOption(one("reverse", "book a mistaken top-up back, as far as it is unspent"))
    .option("--top-up <number>", "which one, as cards show numbers them; default: the newest of the card")
    .option("--note <text>", "kept with the booking", "")
    .addHelpText(
      "after",
      `
The card stays in use. Its credit was signed and cannot be lowered on the card: the ledger alone refuses what it
authorizes beyond its money.
${AGAIN}
Examples:
  chequecard cards reverse A17
  chequecard cards reverse A17 --top-up 3 --note "typed a zero too many"
`,
    )
    .action((card: string, options: ReverseOptions) =>
      run((context) => reverseTopUp(context, card, options)),
    );
  one("retire", "take a card with nothing left out of use for ever").action(
    (card: string, options: IssuerChoice & YesOption) =>
      run((context) =>
        withIssuerLedger(context, options, (store, _config, folder) =>
          retire(context, { store, folder }, card, options.yes),
        ),
      ),
  );
}
