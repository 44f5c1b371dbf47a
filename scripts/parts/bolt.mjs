// Bolt Cards: simulated ones pay at the terminal and are served by the issuer, over real sockets and in own processes; a
// festival where they pay beside cards of the other kind.
import { runningTests, runVitest } from "./vitest.mjs";

/** @type {import("./run-part.mjs").Part} */
export const bolt = {
  name: "bolt",
  budget: 2,
  limit: 30,
  doing: () => runningTests("bolt"),
  run: (args) => runVitest("bolt", { args: ["--config", "test/vitest.bolt.config.ts", ...args] }),
};
