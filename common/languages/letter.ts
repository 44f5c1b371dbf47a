import type { texts } from "./en/letter.js";
import { sectionLoader, type Texts } from "./texts.js";

/** Texts of the letter that comes with a card. */
export type LetterTexts = Texts<typeof texts>;

export const loadLetterTexts = sectionLoader<typeof texts>({
  en: () => import("./en/letter.js"),
  de: () => import("./de/letter.js"),
  fr: () => import("./fr/letter.js"),
  es: () => import("./es/letter.js"),
});
