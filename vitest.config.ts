import { configDefaults, defineConfig } from "vitest/config";
import { SHARED_PROCESS } from "./test/shared-process.js";
import { PACKAGE_ALIAS } from "./testing/package-alias.js";

/** What the configurations of all parts are made of. */
export const usual = defineConfig({
  resolve: { alias: PACKAGE_ALIAS },
  test: {
    include: ["test/**/*.test.ts", "prove/tests/*.test.ts"],
    // These need pcscd (test/vitest.pcsc.config.ts, test/vitest.docs.config.ts), lnd (test/vitest.lnd.config.ts), the
    // Java Card applet (test/vitest.applet.config.ts) or Chromium (test/vitest.pages.config.ts).
    exclude: [
      ...configDefaults.exclude,
      "**/*.applet.test.ts",
      "{test,prove}/**/*.{pcsc,lnd,lnd-long,litestream,bolt,pages}.test.ts",
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

/** A run in which some files share processes. @param apart patterns of what it leaves to others */
export function processesOf(apart: readonly string[] = []) {
  const { include = [], exclude = [], ...rest } = usual.test ?? {};
  const shared = { name: "shared process", include: [...SHARED_PROCESS], exclude: [...exclude, ...apart] };
  const own = { name: "own process", include, exclude: [...exclude, ...apart, ...SHARED_PROCESS] };
  return defineConfig({
    ...usual,
    test: {
      ...rest,
      // More than there are cores: many tests wait for processes that they started.
      maxWorkers: 3,
      projects: [
        { extends: true, test: { ...shared, isolate: false } },
        { extends: true, test: own },
      ],
    },
  });
}

/** Every test that needs nothing but this machine. */
export default processesOf();
