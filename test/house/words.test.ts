import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");

/** Words that a reader would have to translate, each with the one to use. */
const REJECTED: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\banew\b|\bafresh\b|\bonce more\b/i, "again, or retry"],
  [/\bunder way\b|underWay/i, "in flight"],
  [
    /\bg(?:i|a)v(?:e|es|en|ing) (?:it |them |the \w+ |what \w+ |\w+ )?back\b/i,
    "released, refunded or voided",
  ],
  [/\bpass(?:ed|es)?[ -]over\b/i, "skipped, or ignored"],
  [/\bverdicts?\b/i, "decision"],
  [/\bbrought to (?:the )?disk\b/i, "synced"],
  [/\brunning clock\b/i, "monotonic clock"],
  [/\b(?:MOST|LEAST)_[A-Z]/, "MAX_ or MIN_"],
  [/\blook(?:s|ed|ing)? into\b/i, "inspect"],
  [/\bsee (?:it|them) through\b/i, "complete"],
  [/\b(?:is|are|was|were|be) (?:told|looked at)\b/i, "the one who reads, checks, reports or is called"],
  [/\bwhoever\b/i, "the one who does it, by name"],
  [/\bcheques?\b/i, "authorization, or token for its sealed bytes"],
];

/** Titles of vectors stay as they were published. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => /\.(tsx?|mjs|py|md)$/.test(file) && !/^specs\/generate\/|house\/words\.test/.test(file));

const found = (text: string): string[] =>
  REJECTED.filter(([pattern]) => pattern.test(text)).map(([pattern, instead]) => `${instead}: ${pattern}`);

describe("one word for one thing", () => {
  it("no file uses a word that has a better one", () => {
    expect(files.length).toBeGreaterThan(900);
    const offenders = files.flatMap((file) =>
      readFileSync(join(ROOT, file), "utf8")
        .split("\n")
        .flatMap((line, at) => found(line).map((hint) => `${file}:${at + 1} ${hint}`)),
    );
    expect(offenders).toEqual([]);
  });

  it("finds what it is there for, and no more", () => {
    for (const bad of [
      "the budget begins anew",
      "payments under way",
      "the amount is given back",
      "gives passed-over counters back",
      "const MOST_TRIES = 3;",
      "whoever asks",
      "the clock is not read before it is looked at",
      "the terminal never got the cheque",
    ])
      expect([bad, found(bad).length > 0]).toEqual([bad, true]);
    for (const good of [
      "chequecard",
      "almost_all",
      "the card is given a new key",
      "a callback",
      "overlooked",
    ])
      expect([good, found(good)]).toEqual([good, []]);
  });
});
