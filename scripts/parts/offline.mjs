// Both sides offline: stalls without a connection, what they forward, and those who attack them.
import { runningTests, runVitest } from "./vitest.mjs";

/** @type {import("./run-part.mjs").Part} */
export const offline = {
  name: "offline",
  budget: 2,
  limit: 30,
  doing: () => runningTests("offline"),
  run: (args) => runVitest("offline", { args: ["--config", "test/vitest.offline.config.ts", ...args] }),
};
