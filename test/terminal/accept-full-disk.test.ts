import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { SaleStore } from "../../host/index.js";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";
import { runProgram } from "../../testing/programs.js";

let program: string;
let sale: string;
beforeAll(async () => {
  program = await buildProgram("test/terminal/accept-child.ts");
  sale = await buildProgram("test/terminal/full-disk-sale-child.ts");
});

/** Runs a program in a mount namespace with a disk of 2 MiB. @returns its last line */
function onSmallDisk(disk: string, args: readonly string[], after = ""): string {
  mkdirSync(disk);
  const script = `mount -t tmpfs -o size=2m none ${disk} && "$0" "$@"; ${after}`;
  const { stdout, stderr } = spawnSync("unshare", ["-m", "sh", "-c", script, process.execPath, ...args], {
    encoding: "utf8",
  });
  const last = stdout.trim().split("\n").at(-1);
  if (!last) throw new Error(stderr);
  return last;
}

describe.runIf(process.getuid?.() === 0 && process.platform === "linux")(
  "a disk that gets full while accepting",
  () => {
    it("accepts nothing that is not durable, keeps nothing half-written, and says why", () => {
      const folder = newFolder();
      const disk = join(folder, "disk");
      const last = onSmallDisk(disk, [program, join(disk, "sales.db")], `cp ${disk}/sales.db* ${folder}/`);
      const { accepted, problem } = JSON.parse(last);
      expect(problem).toMatch(/full/);
      expect(accepted).toBeGreaterThan(10);
      const store = new SaleStore(join(folder, "sales.db"));
      const sales = store.after(0);
      expect(store.accepted.open().sales).toBe(accepted);
      expect(sales.filter(({ state }) => state !== "accepted").length).toBeLessThanOrEqual(1);
      store.close();
    });

    it("when the card has signed: its invoice is cancelled, and the sale is said not to be accepted", () => {
      const disk = join(newFolder(), "disk");
      expect(JSON.parse(onSmallDisk(disk, [sale, "there", disk]))).toEqual({
        problem: expect.stringMatching(/Sale 1 over 2,500 sat is NOT ACCEPTED .*full.*cannot be any more/),
        left: { state: "open" },
        invoice: "cancelled",
        end: "cancelled",
        spent: "0",
      });
    });

    it("when the node is away, too: the next start cancels the invoice, and asks nobody to pay it", () => {
      const disk = join(newFolder(), "disk");
      expect(JSON.parse(onSmallDisk(disk, [sale, "away", disk]))).toEqual({
        problem: expect.stringMatching(/NOT ACCEPTED .*full.*could not be cancelled.*the next start/),
        left: { state: "open" },
        invoice: "open",
        end: "cancelled",
        spent: "0",
      });
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
