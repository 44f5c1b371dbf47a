import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Benchmark } from "../measure.js";
import { authorizations } from "./authorizations.js";
import { taps } from "./taps.js";

const BUILD = fileURLToPath(new URL("../../../scripts/build-lnd.mjs", import.meta.url));

/** The adapter for lnd: against lnd's own payments, and against a node that costs nothing. */
export const lndBenchmark: Benchmark = {
  name: "lnd: taps and authorizations",
  run: async () => [...(hasLnd() ? await taps() : []), ...(await authorizations())],
};

/** Builds lnd where it is not built yet, minutes of computing. @returns false where it cannot be built, with the reason said */
function hasLnd(): boolean {
  if (process.env.CHEQUECARD_LND) return true;
  const { status, stdout } = spawnSync(process.execPath, [BUILD], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status === 0) process.env.CHEQUECARD_LND = stdout.trim();
  else console.error(stdout.trim());
  return status === 0;
}
