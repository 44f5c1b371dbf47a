// The test of litestream on a ledger; it is built first where there is Go: with CI=true or --with-lnd.
import { existsSync } from "node:fs";
import { buildLitestream, litestreamModule } from "../litestream/build.mjs";
import { markerOf } from "../lnd/cache.mjs";
import { runningTests, runVitest } from "./vitest.mjs";

/** @type {import("./run-part.mjs").Part} */
export const litestream = {
  name: "litestream",
  budget: 1,
  limit: 20,
  doing: () => runningTests("litestream"),
  async prepare({ withLnd }) {
    const { folder } = litestreamModule();
    if (!withLnd && !existsSync(markerOf(folder)))
      return { reason: "litestream is built only with --with-lnd or CI=true" };
    return buildLitestream();
  },
  async run(args, prepared) {
    if ("reason" in prepared) return { passed: 0, failed: 0, skipped: 0, skipReason: prepared.reason };
    return runVitest("litestream", {
      args: ["--config", "test/vitest.litestream.config.ts", ...args],
      env: { CHEQUECARD_LITESTREAM: prepared.folder },
    });
  },
};
