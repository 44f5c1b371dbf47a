import { texts as de } from "./de/letter.js";
import { texts as en } from "./en/letter.js";
import { texts as es } from "./es/letter.js";
import { texts as fr } from "./fr/letter.js";
import type { Language } from "./language.js";
import type { Texts } from "./texts.js";

/** Texts of the letter that comes with a card. */
export type LetterTexts = Texts<typeof en>;

export const LETTER: Readonly<Record<Language, LetterTexts>> = { en, de, fr, es };
