import type { texts } from "./en/card-page.js";
import { sectionLoader, type Texts } from "./texts.js";

/** Texts of a card's own page. */
export type CardPageTexts = Texts<typeof texts>;

export const loadCardPageTexts = sectionLoader<typeof texts>({
  en: () => import("./en/card-page.js"),
  de: () => import("./de/card-page.js"),
  fr: () => import("./fr/card-page.js"),
  es: () => import("./es/card-page.js"),
});
