import type { texts } from "./en/desk.js";
import { sectionLoader, type Texts } from "./texts.js";

/** Texts of the issuer's desk. */
export type DeskTexts = Texts<typeof texts>;

export const loadDeskTexts = sectionLoader<typeof texts>({
  en: () => import("./en/desk.js"),
  de: () => import("./de/desk.js"),
  fr: () => import("./fr/desk.js"),
  es: () => import("./es/desk.js"),
});
