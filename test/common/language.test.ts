import { describe, expect, it } from "vitest";
import { languageOf, preferredLanguage } from "../../common/languages/language.js";

describe("the language of a process", () => {
  it.each([
    [{ LANG: "de_DE.UTF-8" }, "de"],
    [{ LANG: "fr" }, "fr"],
    [{ LANG: "es_AR@euro" }, "es"],
    [{ LC_ALL: "de_CH" }, "de"],
    [{ LC_ALL: "C", LANG: "de_DE.UTF-8" }, "en"],
    [{ LC_ALL: "POSIX", LC_MESSAGES: "fr_FR.UTF-8", LANG: "de_DE.UTF-8" }, "en"],
    [{ LC_ALL: "", LC_MESSAGES: "", LANG: "es_ES.UTF-8" }, "es"],
    [{ LC_MESSAGES: "fr_FR.UTF-8", LANG: "de_DE.UTF-8" }, "fr"],
    [{ LC_ALL: "it_IT.UTF-8", LANG: "de_DE.UTF-8" }, "en"],
    [{ LANG: "C.UTF-8" }, "en"],
    [{ LANG: "deutsch" }, "en"],
    [{ LC_NUMERIC: "de_DE.UTF-8" }, "en"],
    [{}, "en"],
  ])("of %j is %s", (env, language) => expect(languageOf(env)).toBe(language));
});

describe("the language of a visitor", () => {
  it.each([
    [["de-CH", "fr"], "de"],
    [["it", "fr-FR", "de"], "fr"],
    [["es-419"], "es"],
    [["it", "pt-BR"], "en"],
    [["en-GB", "de"], "en"],
    [[], "en"],
  ])("of %j is %s", (tags, language) => expect(preferredLanguage(tags)).toBe(language));
});
