// The tests on PostgreSQL servers that fail over: primaries, standbys and poolers on this machine.
import { existsSync } from "node:fs";
import { runningTests, runVitest } from "./vitest.mjs";

/** @type {import("./run-part.mjs").Part} */
export const failover = {
  name: "failover",
  budget: 1,
  limit: 20,
  doing: () => runningTests("failover"),
  async run(args) {
    if (!existsSync("/usr/lib/postgresql"))
      return { passed: 0, failed: 0, skipped: 0, skipReason: "PostgreSQL is not installed" };
    return runVitest("failover", { args: ["--config", "test/vitest.failover.config.ts", ...args] });
  },
};
