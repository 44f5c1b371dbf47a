import type { texts } from "./en/shell.js";
import { sectionLoader, type Texts } from "./texts.js";

/** Texts of what every page has: start, pairing, dialogs. */
export type ShellTexts = Texts<typeof texts>;

export const loadShellTexts = sectionLoader<typeof texts>({
  en: () => import("./en/shell.js"),
  de: () => import("./de/shell.js"),
  fr: () => import("./fr/shell.js"),
  es: () => import("./es/shell.js"),
});
