import type { Language } from "./language.js";
import { type Spoken, setSpoken } from "./spoken.js";

/** What a process says, by its language. */
const LOADED: Readonly<Record<Language, () => Promise<Omit<Spoken, "language">>>> = {
  en: async () => ({
    sentences: (await import("./en/sentences.js")).texts,
    receipt: (await import("./en/receipt.js")).texts,
    terminal: (await import("./en/terminal.js")).texts,
    cardCommand: (await import("./en/card-command.js")).texts,
  }),
  de: async () => ({
    sentences: (await import("./de/sentences.js")).texts,
    receipt: (await import("./de/receipt.js")).texts,
    terminal: (await import("./de/terminal.js")).texts,
    cardCommand: (await import("./de/card-command.js")).texts,
  }),
  fr: async () => ({
    sentences: (await import("./fr/sentences.js")).texts,
    receipt: (await import("./fr/receipt.js")).texts,
    terminal: (await import("./fr/terminal.js")).texts,
    cardCommand: (await import("./fr/card-command.js")).texts,
  }),
  es: async () => ({
    sentences: (await import("./es/sentences.js")).texts,
    receipt: (await import("./es/receipt.js")).texts,
    terminal: (await import("./es/terminal.js")).texts,
    cardCommand: (await import("./es/card-command.js")).texts,
  }),
};

/** Gives this process its language, at its start. Codes, logs, JSON and CSV have none. */
export async function speak(language: Language): Promise<void> {
  setSpoken({ language, ...(await LOADED[language]()) });
}
