import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { SaleStore } from "../../host/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";
import { runProgram } from "../../testing/programs.js";

let program: string;
beforeAll(async () => {
  program = await buildProgram("test/terminal/accept-child.ts");
});

describe.runIf(process.getuid?.() === 0 && process.platform === "linux")(
  "a disk that gets full while accepting",
  () => {
    it("accepts nothing that is not durable, keeps nothing half-written, and says why", () => {
      const folder = newFolder();
      const disk = join(folder, "disk");
      mkdirSync(disk);
      const script = `mount -t tmpfs -o size=2m none ${disk} && "$0" "$@"; cp ${disk}/sales.db* ${folder}/`;
      const { stdout } = spawnSync(
        "unshare",
        ["-m", "sh", "-c", script, process.execPath, program, join(disk, "sales.db")],
        {
          encoding: "utf8",
        },
      );
      const { accepted, problem } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}");
      expect(problem).toMatch(/full/);
      expect(accepted).toBeGreaterThan(10);
      const store = new SaleStore(join(folder, "sales.db"));
      const sales = store.after(0);
      expect(store.accepted.open().sales).toBe(accepted);
      expect(sales.filter(({ state }) => state !== "accepted").length).toBeLessThanOrEqual(1);
      store.close();
    });
  },
);

it("a terminal that is killed while it accepts has kept every sale that it said was accepted", async () => {
  const path = join(newFolder(), "sales.db");
  const running = runProgram(program, [path]);
  await running.line(30);
  await running.end("SIGKILL");
  const said = running.lines().length;
  const store = new SaleStore(path);
  const kept = store.accepted.open().sales;
  expect(kept).toBeGreaterThanOrEqual(said);
  // At most the one that was accepted and not yet said.
  expect(kept - said).toBeLessThanOrEqual(1);
  store.close();
});
