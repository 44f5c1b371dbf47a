import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it, vi } from "vitest";
import { buildModule } from "../../scripts/lnd/build.mjs";
import { markerOf } from "../../scripts/lnd/cache.mjs";
import { MARK, markedProcesses, newMark } from "../../scripts/processes.mjs";
import { newFolder } from "../../testing/hooks.js";

const PROGRAMS = [
  { name: "first", package: "./first" },
  { name: "second", package: "./second" },
];

let directory: string;
let folder: string;
beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue();
  directory = newFolder();
  folder = join(newFolder(), "built");
  writeFileSync(join(directory, "go.mod"), "module example.test/programs\n\ngo 1.25.0\n");
});

const write = (name: string, body: string) => {
  mkdirSync(join(directory, name), { recursive: true });
  writeFileSync(join(directory, name, "main.go"), `package main\n\nfunc main() {${body}}\n`);
};
const build = () => buildModule({ directory, folder, version: "v0", tags: "none" }, { programs: PROGRAMS });

it("a build that fails half-way leaves what is whole, names the log, and goes on from there", async () => {
  write("first", ' println("one") ');
  write("second", " no Go ");
  expect(await build()).toEqual({ reason: "second could not be built: .setup/log/build-second.log" });
  expect(existsSync(markerOf(folder))).toBe(false);
  expect(readdirSync(folder)).toEqual(["first"]);
  // What a killed build leaves is not taken for a program.
  writeFileSync(join(folder, "second.partial"), "half of it");
  write("first", " not built again, or this would be an error ");
  write("second", ' println("two") ');
  expect(await build()).toEqual({ folder });
  expect(readdirSync(folder).sort()).toEqual(["complete", "first", "second"]);
  for (const name of ["first", "second"]) execFileSync(join(folder, name), { stdio: "ignore" });
});

it("a build beside the parts of npm test is none of their processes, which are ended with them", async () => {
  for (const { name } of PROGRAMS) write(name, "");
  const mark = newMark("part");
  vi.stubEnv(MARK, mark);
  const seen: string[] = [];
  const timer = setInterval(() => seen.push(...markedProcesses(mark).map(({ command }) => command)), 5);
  try {
    expect(await build()).toEqual({ folder });
  } finally {
    clearInterval(timer);
    vi.unstubAllEnvs();
  }
  expect(seen.filter((command) => / build /.test(command))).toEqual([]);
});
