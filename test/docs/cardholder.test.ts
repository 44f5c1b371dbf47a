import { expect, it } from "vitest";
import { SENTENCES } from "../../common/languages/spoken.js";
import { textOf } from "./blocks.js";

/** Every text among the sentences; those with values in them are left out. */
const textsIn = (value: unknown): string[] =>
  typeof value === "string"
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(textsIn)
      : [];

it("docs/cardholder.md explains sentences that a terminal says, word for word", () => {
  const quoted = [...textOf("docs/cardholder.md").matchAll(/^\| "(.+?)" +\|/gm)].map(([, text]) => text);
  expect(quoted.length).toBeGreaterThan(10);
  const known = textsIn(SENTENCES);
  expect(quoted.filter((text) => !known.includes(text ?? ""))).toEqual([]);
});
