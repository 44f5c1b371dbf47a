import { execFile } from "node:child_process";
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, posix, resolve } from "node:path";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, describe, expect, it } from "vitest";
import { newFolder } from "../../testing/hooks.js";

const ROOT = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);
const folder = newFolder();
const env = { ...process.env, npm_config_nodedir: existsSync("/usr/include/node") ? "/usr" : "" };

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
const entries = Object.entries(manifest.exports).filter(([, entry]) => typeof entry !== "string");

/** The example of the README's section "As a library". */
const example =
  /## As a library\n\n```ts\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1] ?? "";

let tarball: string;
let names: readonly string[];
const installed = join(folder, "node_modules/chequecard");

const compile = (...args: readonly string[]) =>
  run(
    process.execPath,
    [
      join(ROOT, "node_modules/typescript/bin/tsc"),
      ...["--strict", "--module", "nodenext", "--target", "es2023", "--types", "node", ...args],
    ],
    { cwd: folder },
  ).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });

beforeAll(async () => {
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: ROOT, env });
  const [packed] = Object.values(
    JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as Record<
      string,
      { filename: string; files: { path: string }[] }
    >,
  );
  tarball = join(folder, packed?.filename ?? "");
  names = packed?.files.map(({ path }) => path) ?? [];
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "shop", private: true, type: "module" }),
  );
  const options = [
    "--prefer-offline",
    "--ignore-scripts",
    "--omit=optional",
    "--no-audit",
    "--no-fund",
    "--no-save",
  ];
  await run("npm", ["install", ...options, tarball], { cwd: folder, env });
  for (const tool of ["vitest", "typescript", "@types"].filter(
    (name) => !existsSync(join(folder, "node_modules", name)),
  ))
    symlinkSync(join(ROOT, "node_modules", tool), join(folder, "node_modules", tool));
  // Built for this machine; install scripts were not run.
  const sqlite = join(folder, "node_modules/better-sqlite3/build");
  if (!existsSync(sqlite)) symlinkSync(join(ROOT, "node_modules/better-sqlite3/build"), sqlite);
}, 900_000);

describe("the package", () => {
  it("holds the command, its manual page, the specs, and nothing that is for this repository alone", () => {
    expect(names).toEqual(
      expect.arrayContaining([
        "dist/cli/chequecard.cjs",
        "dist/chequecard.1",
        "specs/01-card-application.md",
      ]),
    );
    expect(
      names.filter((name) =>
        /^(dist\/)?(test|testing|bench|prove|reference|examples|scripts)\/|^dist\/specs\/|draft-819\/|\.env|issuer\.json$/.test(
          name,
        ),
      ),
    ).toEqual([]);
  });

  it("holds every file that it exports", () => {
    expect(entries.length).toBeGreaterThan(10);
    const exported = entries.flatMap(([, entry]) =>
      typeof entry === "string" ? [] : [entry.types, entry.default],
    );
    expect(names).toEqual(expect.arrayContaining(exported.map((path) => path.replace("./", ""))));
  });

  it("holds the source of every source map", () => {
    const maps = names.filter((name) => name.endsWith(".map"));
    expect(maps.length).toBeGreaterThan(100);
    const sources = maps.flatMap((map) => {
      const { sources } = JSON.parse(readFileSync(join(installed, map), "utf8")) as { sources: string[] };
      return sources.map((source) => posix.normalize(posix.join(dirname(map), source)));
    });
    expect([...new Set(sources)].filter((source) => !names.includes(source))).toEqual([]);
  });

  it("has nothing that publint finds", async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it("has types that fit what is imported, for ES modules and bundlers", async () => {
    const analysis = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
    if (!analysis.types) throw new Error("no types");
    expect(Object.keys(analysis.entrypoints)).toHaveLength(entries.length + 1);
    // The package is of ES modules alone: CommonJS and the resolution of Node.js 10 cannot import it.
    const others = ["node10", "node16-cjs"];
    const problems = analysis.problems.filter(
      (problem) => !("resolutionKind" in problem && others.includes(problem.resolutionKind)),
    );
    expect(problems).toEqual([]);
  });

  it("exports no name that says nothing outside of its file", async () => {
    const load = async (path: string) => Object.keys((await import(join(installed, path))) as object);
    for (const [, entry] of entries)
      if (typeof entry !== "string")
        expect(await load(entry.default)).not.toEqual(
          expect.arrayContaining([expect.stringMatching(/^(send|select|update|reset)$/)]),
        );
    expect((await load("dist/exports/index.js")).length).toBeLessThan(20);
  });

  it("runs the README's example in an empty project", async () => {
    expect(example.split("\n").length).toBeLessThan(20);
    writeFileSync(join(folder, "card.test.ts"), example);
    const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
    const tested = await run(process.execPath, [vitest, "run", "--root", folder], { cwd: folder });
    expect(tested.stdout).toMatch(/1 passed/);
    await compile("--noEmit", "--skipLibCheck", "card.test.ts");
  });

  it("compiles and runs a terminal and a node adapter of somebody else", async () => {
    const mains = ["coffee-machine", "remote-node", "beer-tap"];
    for (const name of mains)
      cpSync(join(ROOT, "examples", name), join(folder, "src", name), { recursive: true });
    const sources = mains.map((name) => join("src", name, "main.ts"));
    await compile("--outDir", "built", "--rootDir", "src", "--skipLibCheck", ...sources);
    const start = (name: string) =>
      run(process.execPath, [join(folder, "built", name, "main.js")], { cwd: folder });
    expect((await start("coffee-machine")).stdout.match(/\[brewing\] \w+/g)).toEqual([
      "[brewing] espresso",
      "[brewing] cappuccino",
    ]);
    expect((await start("remote-node")).stdout).toBe("The invoice is settled: 900 sat arrived.\n");
    await expect(start("beer-tap")).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("usage"),
    });
  });

  it("installs the command", async () => {
    const command = join(folder, "node_modules/.bin/chequecard");
    const help = await run(process.execPath, [command, "--help"], { cwd: folder });
    expect(help.stdout).toContain("Usage: chequecard");
    const version = await run(process.execPath, [command, "--version"]);
    expect(version.stdout.trim()).toBe(manifest.version);
  });
});
