import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** The tests that need pcscd: they share its readers, so they run one after another. */
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["test/**/*.pcsc.test.ts"],
    setupFiles: ["testing/english.ts", "test/out-of-time.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    pool: "forks",
    fileParallelism: false,
  },
});
