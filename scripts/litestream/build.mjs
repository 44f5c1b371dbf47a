// Builds litestream from the Go module proxy: the documented continuous copy of a SQLite ledger.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { buildModule } from "../lnd/build.mjs";
import { ROOT } from "../setup/places.mjs";

/** As its go.mod says. */
const GO = [1, 26, 0];
const LITESTREAM = "github.com/benbjohnson/litestream";

/** Where the program lies, or is to lie. @returns {import("../lnd/cache.mjs").Module} */
export function litestreamModule(env = process.env) {
  const directory = join(ROOT, "scripts/litestream/go");
  const [, version] =
    /^require github\.com\/benbjohnson\/litestream (v\S+)$/m.exec(
      readFileSync(join(directory, "go.mod"), "utf8"),
    ) ?? [];
  if (version === undefined) throw new Error(`${directory}/go.mod: need a version of litestream`);
  const cache = env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return {
    directory,
    version,
    folder: join(cache, "chequecard", `litestream-${version}`),
    tags: "none",
    go: GO,
  };
}

/** @see buildModule */
export const buildLitestream = () =>
  buildModule(litestreamModule(), {
    programs: [{ name: "litestream", package: `${LITESTREAM}/cmd/litestream` }],
  });
