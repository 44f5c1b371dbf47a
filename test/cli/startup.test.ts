import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { inFolder } from "../../testing/command-run.js";

const ROOT = resolve(import.meta.dirname, "../..");

/** All that a file loads before it does anything: files of this project and packages, without what it awaits later. */
function loadedBy(entry: string): { files: string[]; packages: string[] } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(join(ROOT, file), "utf8").replace(/^(?:import|export) type[^;]*;/gm, "");
    for (const [, names = "", from = ""] of text.matchAll(
      /^(?:import|export)(?: ([^;"]*) from)? ?"([^"]+)";/gm,
    )) {
      const values = names
        .replace(/[{}]/g, "")
        .split(",")
        .filter((name) => name.trim());
      if (values.length > 0 && values.every((name) => name.trim().startsWith("type "))) continue;
      if (from.startsWith("."))
        visit(relative(ROOT, resolve(ROOT, dirname(file), from)).replace(/\.js$/, ".ts"));
      else if (!from.startsWith("node:")) packages.add(from);
    }
  };
  visit(entry);
  return { files: [...files], packages: [...packages] };
}

describe("start-up", () => {
  it("the program without a command loads no command's file, no database, node or validator", () => {
    const { files, packages } = loadedBy("cli/main.ts");
    expect(files).toContain("cli/program.ts");
    expect(
      files.filter((file) =>
        /^cli\/commands\/|^(host|issuer|keys|lightning|simulator|personalize)\//.test(file),
      ),
    ).toEqual([]);
    expect(packages.filter((name) => !/^(commander|@noble\/hashes\/.*)$/.test(name))).toEqual([]);
  });

  it("`card info` loads neither a database, a node nor a validator", () => {
    const { files, packages } = loadedBy("cli/commands/card.ts");
    expect(files).toContain("host/card-session.ts");
    expect(
      packages.filter((name) => /^(zod|better-sqlite3|pg|kysely|pino|lightningdevkit)/.test(name)),
    ).toEqual([]);
  });

  it.each(["8.17.0", "18.20.8", "20.18.3"])(
    "Node.js %s gets one sentence and exit code 2",
    async (version) => {
      const program = join(ROOT, "dist/cli/chequecard.cjs");
      expect(existsSync(program)).toBe(true);
      await inFolder(async (path) => {
        writeFileSync(
          path("old.cjs"),
          `Object.defineProperty(process.versions, "node", { value: ${JSON.stringify(version)} });`,
        );
        const ended = spawnSync(process.execPath, ["--require", path("old.cjs"), program, "--version"], {
          encoding: "utf8",
        });
        expect(ended.stderr).toBe(`chequecard needs Node.js 20.19 or newer; this is ${version}.\n`);
        expect(ended.stdout).toBe("");
        expect(ended.status).toBe(2);
      });
    },
  );
});
