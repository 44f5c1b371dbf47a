// npm run pages: pages of everything that the package exports, in .setup/pages or the folder that is named. A warning
// is a failure. Exits with 1 for one.
import { readFileSync } from "node:fs";
import { register } from "node:module";
import { join, resolve } from "node:path";

register("./hook.mjs", import.meta.url);
const { Application } = await import("typedoc");

const ROOT = resolve(import.meta.dirname, "../..");
const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const source = (built) => join(ROOT, built.replace(/^\.\/dist\//, "").replace(/\.js$/, ".ts"));

const app = await Application.bootstrap({
  entryPoints: Object.values(exports).flatMap((entry) => (entry.default ? [source(entry.default)] : [])),
  tsconfig: join(import.meta.dirname, "tsconfig.json"),
  out: resolve(process.argv[2] ?? join(ROOT, ".setup/pages")),
  // The type checker is another version's; `npm run typecheck` checks the sources.
  skipErrorChecking: true,
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, invalidPath: true, rewrittenLink: true },
  readme: "none",
  // Passed on by users of the package, never made or read by them.
  intentionallyNotExported: [
    "AppletPackage",
    "Field",
    "FixedLayout.decode",
    "LIFECYCLE",
    "LedgerWriter",
    "Link",
    "NativeReader",
    "Payments",
    "Values",
    "WEEKDAYS",
    "serviceConfigSchema",
  ],
  disableSources: true,
  excludePrivate: true,
  excludeExternals: true,
});
const project = await app.convert();
if (project) {
  app.validate(project);
  if (!app.logger.hasErrors() && !app.logger.hasWarnings()) await app.generateOutputs(project);
}
process.exitCode = project && !app.logger.hasErrors() && !app.logger.hasWarnings() ? 0 : 1;
