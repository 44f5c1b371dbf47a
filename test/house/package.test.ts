import { execFile } from "node:child_process";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { newFolder } from "../../testing/hooks.js";

const ROOT = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);
const folder = newFolder();

/** The example of the README's section "As a library". */
const example =
  /## As a library\n\n```ts\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1] ?? "";

describe("the package", () => {
  it("installs into an empty project and runs the README's example there", async () => {
    expect(example.split("\n").length).toBeLessThan(20);
    const env = { ...process.env, npm_config_nodedir: existsSync("/usr/include/node") ? "/usr" : "" };
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: ROOT, env });
    const [packed] = Object.values(
      JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as Record<
        string,
        { filename: string; files: { path: string }[] }
      >,
    );
    const names = packed?.files.map(({ path }) => path) ?? [];
    expect(names).toContain("dist/cli/chequecard.cjs");
    expect(names).toContain("dist/chequecard.1");
    const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      exports: Record<string, string | { types: string; default: string }>;
    };
    const exported = Object.values(exports).flatMap((entry) =>
      typeof entry === "string" ? [entry] : [entry.types, entry.default],
    );
    expect(names).toEqual(expect.arrayContaining(exported.map((path) => path.replace("./", ""))));
    expect(names).toContain("specs/01-card-application.md");
    expect(
      names.filter((name) =>
        /^(test|testing|bench|dist\/(test|testing|bench|prove|specs|reference))\/|\.env|issuer\.json$/.test(
          name,
        ),
      ),
    ).toEqual([]);

    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ name: "shop", private: true, type: "module" }),
    );
    const install = [
      "install",
      "--prefer-offline",
      "--ignore-scripts",
      "--omit=optional",
      "--no-audit",
      "--no-fund",
      "--no-save",
    ];
    await run("npm", [...install, join(folder, packed?.filename ?? "")], { cwd: folder, env });
    writeFileSync(join(folder, "card.test.ts"), example);
    const tools = ["vitest", "typescript", "@types"];
    for (const tool of tools.filter((name) => !existsSync(join(folder, "node_modules", name))))
      symlinkSync(join(ROOT, "node_modules", tool), join(folder, "node_modules", tool));
    const tested = await run(
      process.execPath,
      [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--root", folder],
      { cwd: folder },
    );
    expect(tested.stdout).toMatch(/1 passed/);
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2023", "--types", "node"];
    await run(
      process.execPath,
      [join(ROOT, "node_modules/typescript/bin/tsc"), ...options, "--skipLibCheck", "card.test.ts"],
      { cwd: folder },
    );
    const help = await run(process.execPath, [join(folder, "node_modules/.bin/chequecard"), "--help"], {
      cwd: folder,
    });
    expect(help.stdout).toContain("Usage: chequecard");
    const version = await run(process.execPath, [join(folder, "node_modules/.bin/chequecard"), "--version"]);
    expect(version.stdout.trim()).toBe(
      (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version,
    );
  });
});
