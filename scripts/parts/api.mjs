// The HTTP API on real sockets: tills, the issuer's desk, webhooks, those who attack them, and the languages of a till.
import { runningTests, runVitest } from "./vitest.mjs";

/** @type {import("./run-part.mjs").Part} */
export const api = {
  name: "api",
  budget: 2,
  limit: 30,
  doing: () => runningTests("api"),
  run: (args) => runVitest("api", { args: ["--config", "test/vitest.api.config.ts", ...args] }),
};
