import { existsSync } from "node:fs";
import { join } from "node:path";

/** Variable with the folder of the built programs; test/vitest.lnd.config.ts sets it. */
const VARIABLE = "CHEQUECARD_LND";

/** The folder in which lnd, btcd and the invoice reader lie. */
function programFolder(): string {
  const folder = process.env[VARIABLE];
  if (folder && existsSync(join(folder, "complete"))) return folder;
  throw new Error(`${VARIABLE}: need the folder that "node scripts/build-lnd.mjs" prints`);
}

export const programOf = (name: "lnd" | "btcd" | "decode"): string => join(programFolder(), name);
