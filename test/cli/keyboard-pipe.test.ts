import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, expect, it } from "vitest";
import { buildProgram } from "../../testing/programs.js";

let end = (): void => undefined;
afterEach(() => end());

it("a command that has read a line of a pipe ends, though the other end of the pipe stays open", async () => {
  const program = await buildProgram("test/cli/keyboard-pipe-child.ts");
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
  end = () => {
    child.kill("SIGKILL");
    rmSync(dirname(program), { recursive: true, force: true });
  };
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stdin.write("250sat\n");
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect([code, out]).toEqual([0, "250sat\n"]);
}, 60_000);
