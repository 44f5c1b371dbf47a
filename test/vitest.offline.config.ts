import { defineConfig } from "vitest/config";
import { usual } from "../vitest.config.js";

/** The tests with both sides offline that take longer than a moment. */
export default defineConfig({
  ...usual,
  test: {
    ...usual.test,
    include: [
      "test/cli/terminal-{offline,outage}.test.ts",
      "test/security/both-offline.test.ts",
      "test/terminal/{accept-full-disk,offline-sale}.test.ts",
      "prove/tests/offline-*.test.ts",
    ],
  },
});
