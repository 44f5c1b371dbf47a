import { existsSync } from "node:fs";
import { join } from "node:path";

/** Variables with the folders of the built programs; test/vitest.lnd.config.ts sets them. */
const FOLDERS = { newest: "CHEQUECARD_LND", oldest: "CHEQUECARD_LND_OLDEST" } as const;

function programFolder(which: keyof typeof FOLDERS): string {
  const variable = FOLDERS[which];
  const folder = process.env[variable];
  if (folder && existsSync(join(folder, "complete"))) return folder;
  throw new Error(`${variable}: need the folder that "node scripts/build-lnd.mjs ${which}" prints`);
}

/** Path of a program of the newest lnd that is tested. */
export const programOf = (name: "lnd" | "btcd" | "decode"): string => join(programFolder("newest"), name);

/** Path of the oldest lnd that is supported. */
export const oldestLnd = (): string => join(programFolder("oldest"), "lnd");
