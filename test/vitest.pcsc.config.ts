import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** The tests that need pcscd: they share its readers, so they run one after another. */
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["test/**/*.pcsc.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    fileParallelism: false,
  },
});
