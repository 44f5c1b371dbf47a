import { configDefaults, defineConfig } from "vitest/config";
import { usual } from "../vitest.config.js";

/** The test on litestream (scripts/litestream). */
export default defineConfig({
  ...usual,
  test: { ...usual.test, include: ["test/**/*.litestream.test.ts"], exclude: configDefaults.exclude },
});
