import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { newFolder } from "../../testing/hooks.js";

const ROOT = resolve(import.meta.dirname, "../..");

it("everything that the package exports has a page, made without a warning", async () => {
  const pages = newFolder();
  const made = await promisify(execFile)(process.execPath, [
    join(ROOT, "scripts/typedoc/run.mjs"),
    pages,
  ]).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(error.stdout + error.stderr);
  });
  expect(made.stdout + made.stderr).not.toMatch(/warning/);
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    exports: Record<string, unknown>;
  };
  const names = Object.keys(exports).filter((name) => name !== "./package.json");
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) {
    const module = name === "." ? "index" : name.slice(2);
    expect([module, existsSync(join(pages, "modules", `${module}.html`))]).toEqual([module, true]);
  }
});
