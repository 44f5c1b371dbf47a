import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string | boolean>>;
const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, LockedPackage> };
const locked = Object.entries(lock.packages).filter(([path]) => path !== "");
const nameOf = (path: string): string => path.replace(/^.*node_modules\//, "");

/** A package that npm compiles when it is installed though it has no script for it. */
function compiledUnasked(path: string): boolean {
  if (!existsSync(join(ROOT, path, "binding.gyp"))) return false;
  const { scripts = {}, gypfile } = JSON.parse(read(join(path, "package.json"))) as {
    scripts?: Record<string, string>;
    gypfile?: boolean;
  };
  return gypfile !== false && !scripts.install && !scripts.preinstall;
}

const KINDS = ["dependencies", "optionalDependencies", "devDependencies"];

/** Names in the first column of the tables under a heading. */
function firstColumn(heading: string): string[] {
  const [, section = ""] = read("docs/dependencies.md").split(heading);
  const table = section.split("\n## ")[0] ?? "";
  return [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name as string).sort();
}

const allowed = Object.entries(manifest.allowScripts ?? {})
  .filter(([, allow]) => allow === true)
  .map(([name]) => name)
  .sort();

describe("dependencies", () => {
  it("are locked with the hash of their bytes, each one", () => {
    expect(locked.length).toBeGreaterThan(100);
    expect(locked.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ""))).toEqual([]);
  });

  it("are documented with the reason why they are there, each one", () => {
    const asked = KINDS.flatMap((kind) => Object.keys(manifest[kind] ?? {}));
    expect(firstColumn("## Why each is there")).toEqual(asked.sort());
  });

  it("that ship no licence text are listed for bundlers, and no others", () => {
    const without = locked
      .filter(([path, { dev, devOptional }]) => !dev && !devOptional && existsSync(join(ROOT, path)))
      .filter(
        ([path]) =>
          !readdirSync(join(ROOT, path)).some((name) => /^(licen[cs]e|copying|unlicense)/i.test(name)),
      )
      .map(([path]) => nameOf(path))
      .sort();
    expect(firstColumn("## Licence texts, for bundlers")).toEqual(without);
  });

  it("are locked without the address of a registry", () => {
    expect(locked.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(read("package-lock.json")).not.toMatch(/"(resolved|_resolved)"/);
  });

  it("are asked for in exact versions, which are the locked ones", () => {
    for (const kind of KINDS)
      for (const [name, version] of Object.entries(manifest[kind] ?? {}))
        expect([name, lock.packages[`node_modules/${name}`]?.version]).toEqual([name, version]);
  });

  it("run nothing when they are installed but what is allowed and documented with its reason", () => {
    const running = locked
      .filter(([path, { hasInstallScript }]) => hasInstallScript === true || compiledUnasked(path))
      .map(([path]) => nameOf(path));
    const off = Object.entries(manifest.allowScripts ?? {})
      .filter(([, allow]) => allow === false)
      .map(([name]) => name);
    expect(firstColumn("## Install scripts")).toEqual([...allowed, ...off].sort());
    expect(running.filter((name) => !allowed.includes(name))).toEqual(off);
    // What is allowed is needed; an optional package that is not installed cannot be checked.
    const absent = (name: string) => !existsSync(join(ROOT, "node_modules", name));
    expect(allowed.filter((name) => !running.includes(name) && !absent(name))).toEqual([]);
  });
});
