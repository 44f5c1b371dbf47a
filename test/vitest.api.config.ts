import { defineConfig } from "vitest/config";
import { usual } from "../vitest.config.js";

/** The tests of the HTTP API, and of the languages in which a till answers. */
export default defineConfig({
  ...usual,
  test: {
    ...usual.test,
    include: ["test/server/*.test.ts", "test/security/{api,card-page}.test.ts", "test/cli/language.test.ts"],
  },
});
