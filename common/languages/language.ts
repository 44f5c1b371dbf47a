/** What merchants and cardholders can read. The first is spoken where no other fits. */
export const LANGUAGES = ["en", "de", "fr", "es"] as const;
export type Language = (typeof LANGUAGES)[number];

const isLanguage = (text: string): text is Language => LANGUAGES.some((language) => language === text);

/**
 * Of a process, as POSIX has it for messages: the first of LC_ALL, LC_MESSAGES and LANG that is set and not empty counts
 * alone (POSIX.1-2024, 8.2).
 * @returns English for C, POSIX and what nothing is written in
 */
export function languageOf(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || "";
  return languageOfTag(locale) ?? LANGUAGES[0];
}

/** The first that is written here among those that a visitor's browser asks for: `de-CH`, `fr`. */
export const preferredLanguage = (tags: readonly string[]): Language =>
  tags.map(languageOfTag).find((language) => language !== undefined) ?? LANGUAGES[0];

/** Of `de_CH.UTF-8`, `fr@euro`, `es-419`, `de`. */
function languageOfTag(tag: string): Language | undefined {
  const [name = ""] = tag.toLowerCase().split(/[-_.@]/);
  return isLanguage(name) ? name : undefined;
}
