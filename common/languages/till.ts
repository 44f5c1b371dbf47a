import type { texts } from "./en/till.js";
import { sectionLoader, type Texts } from "./texts.js";

/** Texts of the till's page. */
export type TillTexts = Texts<typeof texts>;

export const loadTillTexts = sectionLoader<typeof texts>({
  en: () => import("./en/till.js"),
  de: () => import("./de/till.js"),
  fr: () => import("./fr/till.js"),
  es: () => import("./es/till.js"),
});
