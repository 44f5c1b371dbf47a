import { describe, expect, it } from "vitest";
import { SENTENCES } from "../../common/sentences.js";

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

const all = sentencesOf(SENTENCES);

describe("sentences for merchants and cardholders", () => {
  it("finds them", () => expect(all.length).toBeGreaterThan(90));

  it.each(all)("%s is a whole sentence, with every value in it", (_, sentence) => {
    expect(sentence).toMatch(/^[A-Z][^\n]*[.!7]$/);
    expect(sentence).not.toMatch(/undefined|\$\{|\[object|=>/);
  });

  it("a sentence about PIN tries counts them", () => {
    expect(SENTENCES.pinTries.cardholder(0)).toContain("no tries are left");
    expect(SENTENCES.pinTries.merchant(1)).toContain("one try is left");
    expect(SENTENCES.pinTries.merchant(2)).toContain("2 tries are left");
  });
});
