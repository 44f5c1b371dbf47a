import { expect, it } from "vitest";
import { buildProgram } from "../../testing/build-program.js";
import { endOf, runProgram } from "../../testing/programs.js";

it("a command that has read a line of a pipe ends, though the other end of the pipe stays open", async () => {
  const program = await buildProgram("test/cli/keyboard-pipe-child.ts");
  const running = runProgram(program);
  running.type("250sat");
  expect(await endOf(running)).toEqual({ code: 0, out: "250sat\n", errors: "" });
}, 60_000);
