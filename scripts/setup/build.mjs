// TypeScript and pages to dist/, when something changed.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, statePath } from "./places.mjs";
import { hashFiles, listFiles, readStamp, removeStamp, writeStamp } from "./stamps.mjs";
import { step } from "./step.mjs";

const SKIPPED = new Set(["node_modules", "dist", "coverage", "test", "bench", "examples"]);
const WEB = "scripts/web.mjs";

/** Whether a file has a part in the build. */
export const isSource = (name) =>
  name === WEB || (!/^(scripts\/|biome\.json$)/.test(name) && /\.(tsx?|json|css|html|svg)$/.test(name));

/** @returns {Promise<boolean>} whether dist/ is up to date now */
export async function setUpBuild() {
  const stamp = statePath("build.json");
  const dist = join(ROOT, "dist");
  const sources = hashFiles(ROOT, listFiles(ROOT, isSource, SKIPPED));
  if (readStamp(stamp)?.sources === sources && existsSync(dist)) return true;
  removeStamp(stamp);
  rmSync(dist, { recursive: true, force: true });
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  if (!(await step("Compiling", "build", process.execPath, [compiler, "-p", "tsconfig.build.json"])))
    return false;
  if (!(await step("Building the pages", "build-web", process.execPath, [join(ROOT, WEB)]))) return false;
  writeStamp(stamp, { sources });
  return true;
}
