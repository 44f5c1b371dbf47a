import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { buildProgram } from "../../testing/build-program.js";

it("brews what was paid, and nothing that the card refused or the machine does not have", async () => {
  const program = await buildProgram("examples/coffee-machine/main.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  rmSync(join(program, ".."), { recursive: true, force: true });
  expect(stdout.match(/\[brewing\] \w+/g)).toEqual(["[brewing] espresso", "[brewing] cappuccino"]);
  const [first = "", second = "", third = ""] = stdout.split(/^(?=\w+: [\d,]+ sat\.)/m);
  expect(first).toMatch(/^espresso: 900 sat\. Hold your card/);
  expect(first).toMatch(/900 sat/);
  expect(second).toMatch(/^cappuccino: 1,500 sat[\s\S]*There is no tea here/);
  expect(second).not.toContain("[brewing]");
  expect(third).toContain("[brewing] cappuccino");
});
