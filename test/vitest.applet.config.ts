import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { PACKAGE_ALIAS } from "../testing/package-alias.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MAKERS = `${ROOT}testing/applet/make.ts`;

/** Tests that are run on both cards make them with the makers of `simulator/`: here those give them the applet. */
const appletInPlace: Plugin = {
  name: "the applet in place of the simulated card",
  enforce: "pre",
  resolveId(source, importer = "") {
    const isMaker = /\/(blank-card|provision)\.js$/.test(source);
    const isOwn = importer === MAKERS || importer === `${ROOT}simulator/provision.ts`;
    return isMaker && !isOwn ? MAKERS : undefined;
  },
};

const shared = {
  setupFiles: ["testing/english.ts", "test/out-of-time.ts"],
  testTimeout: 300_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 120_000 } },
};

/**
 * The tests of the Java Card applet: they need Java 17 and Maven. Those of `prove/` have both cards at once, so that there
 * nothing stands in the place of the other.
 */
export default defineConfig({
  root: ROOT,
  test: {
    globalSetup: ["testing/applet/build.ts"],
    pool: "forks",
    maxWorkers: 2,
    projects: [
      {
        root: ROOT,
        plugins: [appletInPlace],
        resolve: { alias: PACKAGE_ALIAS },
        test: { name: "applet", include: ["test/applet/**/*.applet.test.ts"], ...shared },
      },
      {
        root: ROOT,
        resolve: { alias: PACKAGE_ALIAS },
        test: { name: "both cards", include: ["prove/tests/*.applet.test.ts"], ...shared },
      },
    ],
  },
});
