import { join } from "node:path";
import type { Command } from "commander";
import { formatMsat } from "../../common/index.js";
import { remaining, showCard } from "../../issuer/ledger/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { WELL_KNOWN_KEY_WARNING, withWellKnownKey } from "../../keys/index.js";
import type { CommandContext, RunAction } from "../command-context.js";
import { audited } from "../desk/audit-log.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { type DeskOptions, withDesk } from "../issuer/at-desk.js";
import { cardText } from "../issuer/card-choice.js";
import { issuerFolder } from "../issuer/folder.js";
import { type CardWithNewPin, renewAtDesk } from "../issuer/new-pin.js";
import { makeRenewalFolder, renewalFolder } from "../issuer/renewals.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { openLetters, readProfile } from "../personalization-setup.js";
import { type YesOption, yesOption } from "../prompt/confirm.js";
import { printLettersCommand } from "../shell-word.js";
import { readerOptions } from "./cards-desk.js";

interface NewPinOptions extends DeskOptions, YesOption {
  readonly profile?: string;
  readonly letters?: string;
  readonly testKey?: boolean;
}

async function newPin(context: CommandContext, options: NewPinOptions): Promise<CommandOutput> {
  const folder = issuerFolder(context, options);
  const path = options.profile ?? join(folder, "profile.yaml");
  const profile = readProfile(path);
  if (profile.pinLength === undefined)
    throw new InputError(`${path}: pin: need random, have none: cards of this profile have no PIN`, {
      hint: "Name the profile that the card was made with: --profile <file>",
    });
  return withDesk(context, options, async (open) => {
    makeRenewalFolder(folder);
    const letters = options.letters ?? join(renewalFolder(folder), "letters");
    const pinLetters = await openLetters(context, letters);
    if (options.testKey) context.note(WELL_KNOWN_KEY_WARNING);
    const keys = options.testKey ? withWellKnownKey(open.keys) : open.keys;
    try {
      context.note("Lay the card on the reader, and leave it there until the end.");
      const done = await audited(
        folder,
        { action: "new-pin" },
        () => renewAtDesk(context, { ...open, keys, profile, pinLetters }, options.yes),
        ({ card, old, moved }) => ({
          card: cardText(cardKey(card.cardId)),
          told: { replaces: cardText(cardKey(old)), moved: moved.amount },
        }),
      );
      return await output(context, open.store, done, letters);
    } finally {
      pinLetters.close();
    }
  });
}

async function output(
  { signal }: CommandContext,
  store: Store,
  { card, old, moved, journal, presence, problem }: CardWithNewPin,
  letters: string,
): Promise<CommandOutput> {
  const left = remaining(await showCard(store.db, card.cardId));
  const delivered = presence !== undefined;
  return {
    data: {
      card: cardText(cardKey(card.cardId)),
      replaces: cardText(cardKey(old)),
      number: card.number,
      moved: moved.amount,
      left,
      reference: moved.reference,
      repeated: moved.repeated,
      delivered,
      ...(problem === undefined ? {} : { problem }),
      journal,
      letters,
    },
    text: [
      renderRecord([
        ["Card", cardText(cardKey(card.cardId))],
        ["Was", `${cardText(cardKey(old))}, which is retired for ever`],
        ["Number", card.number || undefined],
        ["Moved", `${formatMsat(moved.amount)} (reference ${moved.reference})`],
      ]),
      delivered
        ? `The card has ${formatMsat(left)} and can be used.`
        : `The card is made, and ${formatMsat(left)} are booked for it: do not book them again. It has not got them yet (${problem}); it does with its next tap.`,
      `Print its PIN letter, as often as it is needed:\n  ${printLettersCommand(letters, journal)}`,
    ].join("\n"),
    exitCode: delivered ? EXIT.OK : signal.aborted ? EXIT.INTERRUPTED : EXIT.READER,
    told: moved.told,
  };
}

/** Adds `cards new-pin`. */
export function registerCardsNewPin(cards: Command, run: RunAction): void {
  yesOption(
    readerOptions(
      cards.command("new-pin").description("a holder forgot the PIN: make the card again with a new one"),
    ),
  )
    .option("--profile <file>", "the profile that it was made with; default: profile.yaml of the issuer")
    .option(
      "--letters <file>",
      "file of PIN letters (passphrase: CHEQUECARD_LETTERS_PASSPHRASE, or asked for); default: new-pins/letters of the issuer",
    )
    .option("--test-key", "the cards have the published GlobalPlatform test key: for development only")
    .addHelpText(
      "after",
      `
The card on the reader is reset and made again through its own static keys, since nothing else sets a PIN that nobody
knows. It gets a new id and keeps number, holder, limits and policy; its money moves to the new id, and the old one is
retired for ever. What is in flight on the old id stays there until it is resolved, as with cards replace.

If the card is taken away, or this is stopped, run the same command again with the card on the reader: it goes on where
it was, and moves the money once. Until then the card pays nothing, and its money stands on the old id.

Examples:
  chequecard cards new-pin --issuer festival --reader ACR1252
  chequecard personalize pins festival/new-pins/letters --journal festival/new-pins/0123456789abcdef.journal --html letter.html
`,
    )
    .action((options: NewPinOptions) => run((context) => newPin(context, options)));
}
