import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { isSource } from "../../scripts/setup/build.mjs";
import { isInstalled, isLockComplete, plan } from "../../scripts/setup/dependencies.mjs";
import { withLock } from "../../scripts/setup/lock.mjs";
import { hashFiles, listFiles, readStamp, removeStamp, writeStamp } from "../../scripts/setup/stamps.mjs";
import { tail } from "../../scripts/setup/step.mjs";
import { newFolder } from "../../testing/hooks.js";

let directory: string;
beforeEach(() => {
  directory = newFolder();
});

describe("isInstalled", () => {
  const lock = {
    packages: {
      "": { version: "0.1.0" },
      "node_modules/pg": { version: "8.0.0" },
      "node_modules/nfc-pcsc": { version: "0.8.1", optional: true },
      "node_modules/fsevents": { version: "2.3.3", devOptional: true },
    },
  };
  const pg = { "node_modules/pg": { version: "8.0.0" } };

  it.each([
    ["all there", { packages: { ...pg, "node_modules/nfc-pcsc": { version: "0.8.1" } } }, true],
    ["an optional one left out", { packages: pg }, true],
    ["another version", { packages: { "node_modules/pg": { version: "7.0.0" } } }, false],
    [
      "another version of an optional one",
      { packages: { ...pg, "node_modules/nfc-pcsc": { version: "0.7.0" } } },
      false,
    ],
    ["one missing", { packages: {} }, false],
    ["never finished", undefined, false],
  ])("%s", (_, installed, answer) => expect(isInstalled(lock, installed)).toBe(answer));
});

describe("isLockComplete", () => {
  const entry = (...optional: string[]) => ({
    optionalDependencies: Object.fromEntries(optional.map((name) => [name, "1.0.0"])),
  });

  it.each([
    ["no optional dependencies", { "": {}, "node_modules/a": {} }, true],
    ["beside the package", { "node_modules/a": entry("@b/c"), "node_modules/@b/c": {} }, true],
    ["inside the package", { "node_modules/@a/a": entry("b"), "node_modules/@a/a/node_modules/b": {} }, true],
    [
      "beside the package's parent",
      { "node_modules/a/node_modules/@x/y": entry("b"), "node_modules/a/node_modules/b": {} },
      true,
    ],
    ["missing", { "node_modules/a": entry("b"), "node_modules/c/node_modules/b": {} }, false],
    ["missing for the project itself", { "": entry("b") }, false],
  ])("%s", (_, packages, answer) => expect(isLockComplete({ packages })).toBe(answer));
});

describe("plan for the npm packages", () => {
  const complete = {
    installed: true,
    sameNode: true,
    nativePackage: true,
    nativePart: true,
    header: true,
    nativeFailed: false,
  };
  it.each([
    ["complete", {}, "nothing"],
    ["not installed, or cut short", { installed: false }, "install"],
    ["another version of Node", { sameNode: false }, "install"],
    ["built before the header came", { nativePart: false }, "rebuild"],
    ["left out before the header came", { nativePart: false, nativePackage: false }, "install"],
    ["cannot be built here", { nativePart: false, header: false }, "nothing"],
    ["failed before", { nativePart: false, nativeFailed: true }, "nothing"],
  ] as const)("%s: %s", (_, change, todo) => expect(plan({ ...complete, ...change })).toBe(todo));
});

describe("stamps", () => {
  it("are read back, replaced whole, and gone when removed", () => {
    const file = join(directory, "stamp.json");
    expect(readStamp(file)).toBeUndefined();
    writeStamp(file, { a: 1 });
    writeStamp(file, { a: 2 });
    expect(readStamp(file)).toEqual({ a: 2 });
    expect(readdirSync(directory)).toEqual(["stamp.json"]);
    removeStamp(file);
    removeStamp(file);
    expect(readStamp(file)).toBeUndefined();
  });

  it("a damaged one counts as none", () => {
    const file = join(directory, "stamp.json");
    writeFileSync(file, '{"a":');
    expect(readStamp(file)).toBeUndefined();
  });
});

describe("hash of the sources", () => {
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  const hash = () => hashFiles(directory, listFiles(directory, isSource, new Set(["skipped"])));

  beforeEach(() => {
    for (const name of ["a", "skipped", ".hidden"]) mkdirSync(join(directory, name));
    write("a/one.ts", "1");
    write("two.ts", "2");
  });

  it("sees content, names, additions and removals", () => {
    const seen = new Set([hash()]);
    write("two.ts", "3");
    seen.add(hash());
    write("three.ts", "3");
    seen.add(hash());
    rmSync(join(directory, "a/one.ts"));
    seen.add(hash());
    write("package-lock.json", "{}");
    seen.add(hash());
    expect(seen.size).toBe(5);
  });

  it("does not see times, other files, and what is skipped", () => {
    const before = hash();
    utimesSync(join(directory, "two.ts"), 1, 1);
    write("README.md", "x");
    write("biome.json", "{}");
    write("skipped/three.ts", "x");
    write(".hidden/four.ts", "x");
    expect(hash()).toBe(before);
  });
});

describe("the lock", () => {
  const lock = () => join(directory, "lock");

  it("lets one in at a time and is gone afterwards", async () => {
    const order: string[] = [];
    const worker = (name: string) =>
      withLock(lock(), async () => {
        order.push(`${name} in`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name} out`);
      });
    await worker("a");
    await worker("b");
    expect(order).toEqual(["a in", "a out", "b in", "b out"]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("is released when the work fails", async () => {
    const work = withLock(lock(), () => Promise.reject(new Error("no")));
    await expect(work).rejects.toThrow("no");
    expect(readdirSync(directory)).toEqual([]);
  });

  it("waits for a live process and takes over from a killed one", async () => {
    const module = resolve(import.meta.dirname, "../../scripts/setup/lock.mjs");
    const script = `
      import { withLock } from ${JSON.stringify(module)};
      await withLock(${JSON.stringify(lock())}, () => {
        console.log("in");
        return new Promise(() => setInterval(() => {}, 1000));
      });`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    expect(Number.parseInt(readFileSync(lock(), "utf8"), 10)).toBe(child.pid);
    const waitedFor: number[] = [];
    const entered = await withLock(
      lock(),
      async () => "entered",
      (pid) => {
        waitedFor.push(pid);
        child.kill("SIGKILL");
      },
    );
    expect(entered).toBe("entered");
    expect(waitedFor).toEqual([child.pid]);
  });
});

describe("tail", () => {
  it("the last lines with something in them", () => {
    expect(tail("a\n\nb\n \nc\n", 2)).toEqual(["b", "c"]);
    expect(tail("")).toEqual([]);
  });
});
