import { texts as englishCardCommand } from "./en/card-command.js";
import { texts as englishReceipt } from "./en/receipt.js";
import { texts as englishSentences } from "./en/sentences.js";
import { texts as englishTerminal } from "./en/terminal.js";
import type { Language } from "./language.js";
import type { Texts } from "./texts.js";

/** What a process says to merchants and cardholders, in one language. */
export interface Spoken {
  readonly language: Language;
  readonly sentences: Texts<typeof englishSentences>;
  readonly receipt: Texts<typeof englishReceipt>;
  readonly terminal: Texts<typeof englishTerminal>;
  readonly cardCommand: Texts<typeof englishCardCommand>;
}

/** The language of this process; English until `speak` has loaded another. */
export let LANGUAGE: Language = "en";
/** Every sentence that a merchant or a cardholder reads at the counter, in the language of this process. */
export let SENTENCES: Texts<typeof englishSentences> = englishSentences;
/** Receipts, days and totals. */
export let RECEIPT: Texts<typeof englishReceipt> = englishReceipt;
/** What the commands of a till say beside {@link SENTENCES}. */
export let TERMINAL: Texts<typeof englishTerminal> = englishTerminal;
/** What `card` says of the card on the reader. */
export let CARD: Texts<typeof englishCardCommand> = englishCardCommand;

/** Called by `speak` alone: texts that are made from now on are in this language. */
export function setSpoken(spoken: Spoken): void {
  LANGUAGE = spoken.language;
  SENTENCES = spoken.sentences;
  RECEIPT = spoken.receipt;
  TERMINAL = spoken.terminal;
  CARD = spoken.cardCommand;
}
