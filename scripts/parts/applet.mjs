// The Java Card applet: its subset and its harness in Java, then everything that is run on both cards.
import { sum } from "../report/counts.mjs";
import { appletProblem, countAppletTests, testApplet } from "../setup/applet.mjs";
import { runningTests, runVitest } from "./vitest.mjs";

/** @type {import("./run-part.mjs").Part} */
export const applet = {
  name: "applet",
  budget: 4,
  limit: 60,
  doing: () => runningTests("applet"),
  async run(args) {
    const skipReason = await appletProblem();
    if (skipReason !== undefined) return { passed: 0, failed: 0, skipped: 0, skipReason };
    const built = await testApplet();
    const java = built ? countAppletTests() : { passed: 0, failed: 1, skipped: 0 };
    const notes = built ? [] : ["The applet was not built, or its tests failed: .setup/log/applet.log"];
    const all = ["--config", "test/vitest.applet.config.ts", ...args];
    const counts = built ? [await runVitest("applet", { args: all })] : [];
    return { ...sum([java, ...counts]), notes };
  },
};
