import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { PACKAGE_ALIAS } from "../testing/package-alias.js";

/** The tests that do what the documents say; each document has a namespace of its own, so they run side by side. */
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  resolve: { alias: PACKAGE_ALIAS },
  test: {
    include: ["test/docs/*.test.ts"],
    setupFiles: ["testing/english.ts", "test/out-of-time.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    pool: "forks",
    maxWorkers: 2,
  },
});
