// The tests on real lnd and btcd, which are built first where there is Go: with CI=true or --with-lnd.
import { buildLnd } from "../lnd/build.mjs";
import { minutes } from "../report/table.mjs";
import { appletProblem } from "../setup/applet.mjs";
import { runningTests, runVitest } from "./vitest.mjs";

const nothing = (skipReason) => ({ passed: 0, failed: 0, skipped: 0, skipReason });

/** @type {import("./run-part.mjs").Part} */
export const lnd = {
  name: "lnd",
  budget: 3,
  limit: 30,
  doing: () => runningTests("lnd"),
  /** The build takes longer than any part, so it begins before the first one. */
  async prepare({ withLnd }) {
    if (!withLnd) return { reason: "its programs are built and run only with --with-lnd or CI=true" };
    const begun = performance.now();
    const built = await buildLnd();
    return "reason" in built ? built : { ...built, buildMs: performance.now() - begun };
  },
  async run(args, prepared) {
    if ("reason" in prepared) return nothing(prepared.reason);
    const { folder, buildMs } = prepared;
    const counts = await runVitest("lnd", {
      args: ["--config", "test/vitest.lnd.config.ts", ...args],
      env: { CHEQUECARD_LND: folder },
    });
    const noApplet = await appletProblem();
    const notes = [
      // What was there already took no time.
      ...(buildMs < 1_000 ? [] : [`lnd and btcd were built in ${minutes(buildMs)}, beside the other parts.`]),
      ...(noApplet === undefined ? [] : [`No applet was paid by lnd, because ${noApplet}.`]),
    ];
    return { ...counts, notes };
  },
};
