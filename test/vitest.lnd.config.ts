import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { builtFolder } from "../scripts/lnd/cache.mjs";
import { appletProblem } from "../scripts/setup/applet.mjs";
import { PACKAGE_ALIAS } from "../testing/package-alias.js";

/** What takes minutes is run by `npm run prove -- --only lnd`. */
const LONG = process.env.CHEQUECARD_PROVE === "full" ? ["test/**/*.lnd-long.test.ts"] : [];

/** The tests on real lnd and btcd (scripts/lnd). Each file starts a network, so they run one after another. */
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  resolve: { alias: PACKAGE_ALIAS },
  test: {
    include: ["test/**/*.lnd.test.ts", ...LONG],
    setupFiles: ["testing/english.ts", "test/out-of-time.ts"],
    env: {
      CHEQUECARD_LND: process.env.CHEQUECARD_LND ?? builtFolder() ?? "",
      CHEQUECARD_APPLET: (await appletProblem()) === undefined ? "yes" : "",
      CHEQUECARD_LND_OLDEST: process.env.CHEQUECARD_LND_OLDEST ?? builtFolder("oldest") ?? "",
    },
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    pool: "forks",
    fileParallelism: false,
  },
});
