import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** For parts.test.ts: a file with a test that runs out of time. */
export default defineConfig({
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  test: {
    include: ["test/scripts/out-of-time/hanging.ts"],
    setupFiles: ["test/out-of-time.ts"],
    testTimeout: 2_000,
    pool: "forks",
  },
});
