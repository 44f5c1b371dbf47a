// The pages of tills, desks and cards in a real Chromium.
import { findProgram } from "../children.mjs";
import { runningTests, runVitest } from "./vitest.mjs";

/** @type {import("./run-part.mjs").Part} */
export const pages = {
  name: "pages",
  budget: 6,
  limit: 60,
  doing: () => runningTests("pages"),
  async run(args) {
    if (findProgram("chromium") === undefined)
      return {
        passed: 0,
        failed: 0,
        skipped: 0,
        skipReason: "there is no Chromium: apt-get install chromium",
      };
    return runVitest("pages", { args: ["--config", "test/vitest.pages.config.ts", ...args] });
  },
};
