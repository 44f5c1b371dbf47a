import { afterEach, describe, expect, it } from "vitest";
import { describeStatusWord, SW } from "../../apdu/status-words.js";
import { LANGUAGES } from "../../common/languages/language.js";
import { speak } from "../../common/languages/speak.js";
import { LANGUAGE, SENTENCES } from "../../common/languages/spoken.js";
import { describeReason, REASON } from "../../lightning/api/reasons.js";

afterEach(() => speak("en"));

/** All sentences with their keys; those with values in them get `7` for each. */
function sentencesOf(table: object, path: readonly string[] = []): [string, string][] {
  return Object.entries(table).flatMap(([key, entry]: [string, unknown]): [string, string][] => {
    const here = [...path, key];
    if (typeof entry === "string") return [[here.join("/"), entry]];
    if (typeof entry === "function")
      return [[here.join("/"), String(entry(...Array.from({ length: entry.length }, () => 7)))]];
    return sentencesOf(entry as object, here);
  });
}

describe.each(LANGUAGES)("sentences for merchants and cardholders in %s", (language) => {
  it("are whole sentences, with every value in them", async () => {
    await speak(language);
    expect(LANGUAGE).toBe(language);
    const all = sentencesOf(SENTENCES);
    expect(all.length).toBeGreaterThan(90);
    for (const [key, sentence] of all) {
      expect(sentence, key).toMatch(/^[\p{Lu}7][^\n]*[.!7]$/u);
      expect(sentence, key).not.toMatch(/undefined|\$\{|\[object|=>/);
    }
  });
});

describe("a number in a sentence", () => {
  it.each([
    ["en", ["no tries are left", "one try is left", "2 tries are left"], ["0 sales", "1 sale ", "2 sales"]],
    [
      "de",
      ["kein Versuch ist übrig", "ein Versuch ist übrig", "2 Versuche sind übrig"],
      ["0 Verkäufe", "1 Verkauf ", "2 Verkäufe"],
    ],
    [
      "fr",
      ["il ne reste aucun essai", "il reste un essai", "il reste 2 essais"],
      ["0 vente ", "1 vente ", "2 ventes"],
    ],
    [
      "es",
      ["no queda ningún intento", "queda un intento", "quedan 2 intentos"],
      ["0 ventas", "1 venta ", "2 ventas"],
    ],
  ] as const)("has its form in %s", async (language, tries, sales) => {
    await speak(language);
    for (const left of [0, 1, 2]) {
      expect(SENTENCES.pinTries.cardholder(left)).toContain(tries[left]);
      expect(SENTENCES.pinTries.merchant(left)).toContain(tries[left]);
      expect(SENTENCES.offline.held(left, "9 sat")).toContain(sales[left]);
    }
  });
});

it("a table of sentences that was read before is in the language that the process has now", async () => {
  await speak("de");
  expect(describeStatusWord(SW.NO_PIN)).toMatchObject({
    name: "no-pin",
    cardholder: "Ihre Karte hat keine PIN und kann diesen Betrag nicht zahlen.",
  });
  expect(describeReason(REASON.CARD_BLOCKED).merchant).toContain("Herausgeber");
  await speak("en");
  expect(describeReason(REASON.CARD_BLOCKED).merchant).toContain("issuer");
});
