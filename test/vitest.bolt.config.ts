import { configDefaults, defineConfig } from "vitest/config";
import { usual } from "../vitest.config.js";

/** The tests of Bolt Cards that take longer than a moment. */
export default defineConfig({
  ...usual,
  test: { ...usual.test, include: ["{test,prove}/**/*.bolt.test.ts"], exclude: configDefaults.exclude },
});
