// Removes from dist/ what was compiled from sources that are not there any more, so that it is not packed.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const COMPILED = /^(.*?)(?:\.d)?\.(c?)(?:js|ts)(?:\.map)?$/;

for (const name of readdirSync(join(ROOT, "dist"), { recursive: true, encoding: "utf8" })) {
  // Bundles, whose folder is emptied before each build.
  if (/^web[\\/]/.test(name)) continue;
  const [, path, kind] = COMPILED.exec(name) ?? [];
  if (path !== undefined && !existsSync(join(ROOT, `${path}.${kind}ts`)))
    rmSync(join(ROOT, "dist", name), { force: true });
}
