import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { runHere } from "../../testing/command-run.js";
import { leftovers, type Scene } from "./scene.js";
import { LazyServer } from "./server.js";
import { PASSPHRASE } from "./victim.js";

const PRIVATE = ["issuer.yaml", "issuer.keys", "profile.yaml", "node/node.json"];
/** What later parts of an issuer refer to: made once, it stays. */
const LASTING = ["issuer.keys", "profile.yaml", "node/node.json"];

/** `issuer init`. @param where the ledger is */
export function initScene(where: "in a file" | "on PostgreSQL"): Scene {
  const server = new LazyServer();
  const names = where === "in a file" ? [...PRIVATE, "ledger.db"] : PRIVATE;
  let database = "ledger.db";
  /** Contents that were there when a run was ended, by file; of the folder that is being checked. */
  let seen = { folder: "", files: new Map<string, string>() };
  const issuer = (folder: string): string => join(folder, "issuer");
  return {
    name: `issuer init, the ledger ${where}`,
    isCopied: where === "in a file",
    async prepare() {
      if (where === "on PostgreSQL") database = await server.database();
    },
    command: (folder) => [
      ...["issuer", "init", issuer(folder), "--label", "killed", "--factory-keys", "known", "--pin"],
      ...["--chain", join(folder, "chain.db"), "--database", database],
    ],
    alreadyDone: /there is an issuer in this folder already/,
    async between(folder) {
      if (seen.folder !== folder) seen = { folder, files: new Map() };
      for (const name of LASTING) {
        const path = join(issuer(folder), name);
        if (existsSync(path) && !seen.files.has(name)) seen.files.set(name, readFileSync(path, "utf8"));
      }
      if (!existsSync(join(issuer(folder), "issuer.yaml"))) return [];
      return await wholeIssuer(issuer(folder), names);
    },
    async after(folder) {
      const problems = [...(await wholeIssuer(issuer(folder), names)), ...leftovers(folder)];
      if (seen.folder !== folder) return problems;
      for (const [name, text] of seen.files)
        if (readFileSync(join(issuer(folder), name), "utf8") !== text)
          problems.push(`${name} was made twice`);
      return problems;
    },
    close: () => server.close(),
  };
}

/** What is wrong with an issuer whose configuration is there: then everything has to be. */
async function wholeIssuer(folder: string, names: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  for (const name of names) {
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    if (!found) problems.push(`${name} is missing`);
    else if ((found.mode & 0o077) !== 0) problems.push(`${name} can be read by others`);
  }
  const ask = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { code, out, errors } = await runHere(["--json", ...args], PASSPHRASE);
    if (code !== 0) problems.push(`${args.slice(0, 2).join(" ")} ended with ${code}: ${out}${errors}`);
    return code === 0 ? (JSON.parse(out) as Record<string, unknown>) : {};
  };
  await ask("issuer", "check", folder);
  const { violations } = await ask("ledger", "verify", "--issuer", folder);
  if (!Array.isArray(violations) || violations.length > 0) problems.push("the ledger does not hold");
  const { keySets } = await ask("keys", "list", join(folder, "issuer.keys"));
  if (!Array.isArray(keySets) || keySets.length !== 1) problems.push("not exactly one key set");
  const { uri } = await ask("node", "info", join(folder, "node"));
  if (typeof uri !== "string" || !readFileSync(join(folder, "profile.yaml"), "utf8").includes(uri))
    problems.push(`the profile does not name the node ${String(uri)}`);
  return problems;
}
