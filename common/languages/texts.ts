import type { Language } from "./language.js";

/** What a translation of English texts has: the same keys and, where values stand in a text, the same parameters. */
export type Texts<English> = {
  readonly [Key in keyof English]: English[Key] extends string
    ? string
    : English[Key] extends (...values: infer Values) => string
      ? (...values: Values) => string
      : Texts<English[Key]>;
};

/** A section in every language, each in a file of its own: a page loads the one that it shows. */
export type Section<English> = Readonly<Record<Language, () => Promise<{ readonly texts: Texts<English> }>>>;

/** Loads a section's texts in a language. */
export const sectionLoader =
  <English>(section: Section<English>) =>
  async (language: Language): Promise<Texts<English>> =>
    (await section[language]()).texts;
