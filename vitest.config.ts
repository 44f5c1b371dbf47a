import { configDefaults, defineConfig } from "vitest/config";
import { PACKAGE_ALIAS } from "./testing/package-alias.js";

export default defineConfig({
  resolve: { alias: PACKAGE_ALIAS },
  test: {
    include: ["test/**/*.test.ts", "prove/tests/*.test.ts"],
    // These need pcscd (test/vitest.pcsc.config.ts, test/vitest.docs.config.ts), lnd (test/vitest.lnd.config.ts), the
    // Java Card applet (test/vitest.applet.config.ts) or Chromium (test/vitest.pages.config.ts).
    exclude: [
      ...configDefaults.exclude,
      "**/*.applet.test.ts",
      "test/**/*.{pcsc,lnd,lnd-long,litestream,bolt,pages}.test.ts",
      "test/docs/**",
    ],
    globalSetup: ["testing/programs-of-run.ts"],
    setupFiles: ["testing/english.ts", "test/out-of-time.ts"],
    // Against hanging, not against slowness: the machine may have much else to do.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    pool: "forks",
    maxWorkers: 2,
  },
});
