import { defineConfig } from "vitest/config";
import { usual } from "../vitest.config.js";

/** The tests of the pages, in a real Chromium. */
export default defineConfig({
  ...usual,
  test: {
    ...usual.test,
    include: ["test/{pages,security}/*.pages.test.ts"],
    exclude: ["node_modules"],
    globalSetup: ["testing/programs-of-run.ts", "testing/web-build.ts"],
    // A browser is heavy: one at a time.
    maxWorkers: 1,
  },
});
