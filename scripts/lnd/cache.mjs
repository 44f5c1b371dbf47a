// Where the programs that were built from Go modules lie: outside of the repository, since building takes minutes.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../setup/places.mjs";
import { hashFiles, listFiles, sha256 } from "../setup/stamps.mjs";

/** lnd's sub-servers are compiled in by tags. `lowscrypt` makes a wallet in no time; it is for tests alone. */
const TAGS = "signrpc walletrpc chainrpc invoicesrpc peersrpc lowscrypt";
/** Written last, so that a build that was cut short is never taken for a whole one. */
const MARKER = "complete";

/**
 * A Go module with a `go.sum` that fixes every byte of what is built.
 * @typedef {object} Module
 * @property {string} directory
 * @property {string} version of lnd
 * @property {string} folder where the programs lie, or are to lie
 * @property {string} tags
 * @property {readonly number[]} [go] the oldest Go that builds it; default that of lnd
 */

/** The modules, by what they are for. */
const MODULES = { newest: "scripts/lnd/go", oldest: "scripts/lnd/go-oldest" };

/**
 * @param {keyof typeof MODULES} which `newest`: what the tests run on; `oldest`: the oldest lnd that is supported
 * @returns {Module}
 */
export function moduleOf(which = "newest", env = process.env) {
  const directory = join(ROOT, MODULES[which]);
  const files = listFiles(directory, (name) => /\.(go|mod|sum)$/.test(name));
  const [, version] =
    /^\s*(?:require )?github\.com\/lightningnetwork\/lnd (v\S+)$/m.exec(
      readFileSync(join(directory, "go.mod"), "utf8"),
    ) ?? [];
  if (version === undefined) throw new Error(`${directory}/go.mod: need a version of lnd`);
  const key = sha256(`${hashFiles(directory, files)} ${TAGS}`).slice(0, 8);
  const cache = env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return { directory, version, folder: join(cache, "chequecard", `lnd-${version}-${key}`), tags: TAGS };
}

export const markerOf = (folder) => join(folder, MARKER);

/** The folder of the programs; undefined when they are not built yet. */
export function builtFolder(which = "newest", env = process.env) {
  const { folder } = moduleOf(which, env);
  return existsSync(markerOf(folder)) ? folder : undefined;
}
