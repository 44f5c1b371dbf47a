import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type CardPageTexts, loadCardPageTexts } from "../../common/languages/card-page.js";
import { type CustomerTexts, loadCustomerTexts } from "../../common/languages/customer.js";
import { type DeskTexts, loadDeskTexts } from "../../common/languages/desk.js";
import { LANGUAGES, type Language } from "../../common/languages/language.js";
import { loadShellTexts, type ShellTexts } from "../../common/languages/shell.js";
import { loadTillTexts, type TillTexts } from "../../common/languages/till.js";

const FOLDER = resolve(import.meta.dirname, "../../common/languages");
const sectionsOf = (language: Language): string[] => readdirSync(join(FOLDER, language)).sort();
const SECTIONS = sectionsOf("en");
const TRANSLATIONS = LANGUAGES.filter((language) => language !== "en");

/** Names, units and words that are the same in both languages. */
const SAME_AS_ENGLISH: Readonly<Record<Exclude<Language, "en">, ReadonlySet<string>>> = {
  de: new Set(["chequecard", "Limits", "OK", "PIN", "Offline", "Challenge", "Token", "Preimage"]),
  fr: new Set(["chequecard", "OK", "Total", "Signature", "Description", "Type"]),
  es: new Set(["chequecard", "Total", "PIN", "Token", "71 bytes: 72", "no: 71"]),
};

interface SectionFile {
  readonly texts: object;
  /** Most characters of each button's label. */
  readonly max?: Readonly<Record<string, number>>;
}
type Value = string | ((...values: string[]) => string);

const load = async (language: Language, section: string): Promise<SectionFile> =>
  (await import(join(FOLDER, language, section))) as SectionFile;

/** Every text by its path. */
function entriesOf(table: object, path = ""): [path: string, value: Value][] {
  return Object.entries(table).flatMap(([key, entry]: [string, unknown]): [string, Value][] =>
    typeof entry === "string" || typeof entry === "function"
      ? [[path + key, entry as Value]]
      : entriesOf(entry as object, `${path}${key}/`),
  );
}

/** Names of a text's parameters, in their order; a pattern such as `{ a, b }` is one. */
const parametersOf = (value: Value): string[] =>
  typeof value === "string"
    ? []
    : (/^\(?([^)=]*)\)?\s*=>/.exec(value.toString())?.[1] ?? "?")
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean);

/** A text with a mark for each value. */
const MARKS = ["71", "72", "73", "74", "75", "76"];
const spoken = (value: Value): string => (typeof value === "string" ? value : value(...MARKS));
const marksIn = (value: Value): string[] => MARKS.filter((mark) => spoken(value).includes(mark));
const labelLength = (value: Value): number =>
  MARKS.reduce((text, mark) => text.replace(mark, ""), spoken(value)).length;

const isButton = (path: string): boolean => /(^|\/)buttons\/|(^|\/)button[^/]*$/.test(path);
const keyOf = (path: string): string => path.split("/").at(-1) ?? "";

/** What a translation has against it beside what it says. */
const WRITTEN_WRONG: Readonly<Record<Language, readonly (readonly [RegExp, string])[]>> = {
  en: [],
  de: [
    [/[«»]/, "„ and “"],
    [/\b(du|dein\w*|dir|dich)\b/i, "Sie"],
  ],
  fr: [
    [/ [;:!?»%]|« /, "a no-break space before ; : ! ? »"],
    [/[^\s][;!?»]/, "a no-break space before ; ! ? »"],
    [/\p{L}'\p{L}/u, "’"],
    [/\b(tu|ton|tes|toi)\b/i, "vous"],
  ],
  es: [
    [/^[^¿]*\?/, "¿"],
    [/^[^¡]*!/, "¡"],
    [/\b(tú|tu|tus|te)\b/i, "usted"],
  ],
};

describe("the languages", () => {
  it("are left alone by the tests, which run in English", () => {
    const configs = [
      "../../vitest.config.ts",
      ...readdirSync(resolve(import.meta.dirname, "..")).map((name) => `../${name}`),
    ]
      .filter((name) => /vitest.*\.config\.ts$/.test(name))
      .map((name) => [name, readFileSync(resolve(import.meta.dirname, name), "utf8")] as const);
    expect(configs.length).toBeGreaterThan(5);
    const others = configs.filter(
      ([, text]) => !/"testing\/english\.ts"|\.\.\.usual\.test|processesOf\(/.test(text),
    );
    expect(others.map(([name]) => name)).toEqual([]);
  });

  it("have pages to translate", () => expect(SECTIONS).toContain("till.ts"));

  it.each(TRANSLATIONS)("%s has every section, and no other", (language) =>
    expect(sectionsOf(language)).toEqual(SECTIONS),
  );

  it.each(LANGUAGES)("%s is what a page loads that asks for it", async (language) => {
    const pages: readonly [string, TillTexts | CustomerTexts | DeskTexts | CardPageTexts | ShellTexts][] = [
      ["till.ts", await loadTillTexts(language)],
      ["customer.ts", await loadCustomerTexts(language)],
      ["desk.ts", await loadDeskTexts(language)],
      ["card-page.ts", await loadCardPageTexts(language)],
      ["shell.ts", await loadShellTexts(language)],
    ];
    for (const [section, texts] of pages) expect(texts).toBe((await load(language, section)).texts);
  });
});

describe.each(SECTIONS)("the section %s", (section) => {
  it.each(TRANSLATIONS)("has the keys and the parameters of the English in %s", async (language) => {
    const shape = async (of: Language) =>
      entriesOf((await load(of, section)).texts).map(([path, value]) => `${path}(${parametersOf(value)})`);
    expect((await shape(language)).sort()).toEqual((await shape("en")).sort());
  });

  it.each(TRANSLATIONS)("shows every value that the English shows in %s", async (language) => {
    const english = new Map(entriesOf((await load("en", section)).texts));
    for (const [path, value] of entriesOf((await load(language, section)).texts))
      expect([path, marksIn(value)]).toEqual([path, marksIn(english.get(path) ?? "")]);
  });

  it.each(TRANSLATIONS)("says nothing in English in %s", async (language) => {
    const english = new Map(entriesOf((await load("en", section)).texts));
    const untranslated = entriesOf((await load(language, section)).texts).filter(
      ([path, value]) =>
        spoken(value) === spoken(english.get(path) ?? "") &&
        !SAME_AS_ENGLISH[language].has(spoken(value)) &&
        /\p{L}/u.test(spoken(value)),
    );
    expect(untranslated.map(([path, value]) => `${path}: ${spoken(value)}`)).toEqual([]);
  });

  it.each(LANGUAGES)("has no label that is too long for its button in %s", async (language) => {
    const { max = {} } = await load("en", section);
    const labels = entriesOf((await load(language, section)).texts).filter(([path]) => isButton(path));
    const tooLong = labels.flatMap(([path, value]) => {
      const most = max[keyOf(path)];
      if (most === undefined) return [`${path} has no limit`];
      return labelLength(value) > most ? [`${path}: ${spoken(value)}, ${labelLength(value)} of ${most}`] : [];
    });
    expect(tooLong).toEqual([]);
    expect(Object.keys(max).sort()).toEqual(labels.map(([path]) => keyOf(path)).sort());
  });

  it.each(LANGUAGES)("is well written in %s", async (language) => {
    for (const [path, value] of entriesOf((await load(language, section)).texts)) {
      expect([path, spoken(value)]).toEqual([path, spoken(value).trim().normalize("NFC")]);
      expect(spoken(value), path).not.toMatch(/undefined|NaN|\[object|\$\{|=>|\.\.\.| {2}/);
      for (const [wrong, instead] of WRITTEN_WRONG[language])
        expect([path, instead, wrong.exec(spoken(value))?.[0]]).toEqual([path, instead, undefined]);
    }
  });
});
