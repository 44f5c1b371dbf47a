import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import * as reference from "../../reference/index.js";
import { CHECKS } from "../../specs/check/index.js";
import { vectorPath } from "../../specs/generate/index.js";
import { readVectorFile } from "./vector-file.js";

/** Files of others, or a table of words: nothing of the reference reads them. */
const NOT_CHECKED = ["onion.json", "onion-failure.json", "status-words.json"];

describe("the reference implementation gets every vector right", () => {
  for (const { file, check } of CHECKS) test(file, () => check(reference, readVectorFile(file)));

  test("no vector file is left out", () => {
    const there = readdirSync(dirname(vectorPath("x"))).filter((name) => name.endsWith(".json"));
    expect(CHECKS.map(({ file }) => file).sort()).toEqual(
      there.filter((name) => !NOT_CHECKED.includes(name)).sort(),
    );
  });
});
