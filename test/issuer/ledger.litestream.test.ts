import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { openSqlite } from "../../issuer/store/index.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { Bench, Service, startService } from "../../testing/issuer/service.js";

const bench = new Bench();
const started: ChildProcess[] = [];
afterAll(async () => {
  for (const child of started) child.kill("SIGKILL");
  await bench.close();
});

const PROGRAM = join(process.env.CHEQUECARD_LITESTREAM ?? "", "litestream");
const DOCUMENT = readFileSync(resolve(import.meta.dirname, "../../docs/scale.md"), "utf8");

/** The configuration of docs/scale.md, with other paths. */
function configuration(folder: string, ledger: string): string {
  const [, text = ""] = /^cat > \/etc\/litestream\.yml <<END\n([\s\S]*?)^END$/m.exec(DOCUMENT) ?? [];
  expect(text).toContain("/var/lib/chequecard/issuer/ledger.db");
  const file = join(folder, "litestream.yml");
  writeFileSync(
    file,
    text
      .replace("/var/lib/chequecard/issuer/ledger.db", ledger)
      .replace("/mnt/backup/ledger", join(folder, "replica")),
  );
  return file;
}

describe("litestream", () => {
  it("restores a ledger that holds, without at most the last moments, and the rest is found at the node", async () => {
    expect(existsSync(PROGRAM), "litestream is built: scripts/litestream").toBe(true);
    const folder = newFolder();
    const path = join(folder, "ledger.db");
    const service = await startService(bench, "sqlite", {}, {}, path);
    const card = await service.card(1, sat(100_000));
    const config = configuration(folder, path);
    const child = spawn(PROGRAM, ["replicate", "-config", config], { stdio: "ignore" });
    started.push(child);
    let serial = 1;
    const pay = async (count: number) => {
      for (let i = 0; i < count; i++) await service.tap(card, serial++, sat(10));
    };
    let copies = 0;
    /** What the copy has at this moment. */
    const restored = async (to = join(folder, `copy-${copies++}.db`)): Promise<number> => {
      const { status } = spawnSync(PROGRAM, ["restore", "-config", config, "-o", to, path], {
        stdio: "ignore",
      });
      if (status !== 0) return 0;
      const store = await openSqlite({ path: to });
      const rows = await store.db.selectFrom("authorizations").select("counter").execute();
      await store.close();
      return rows.length;
    };
    await pay(50);
    await expect.poll(() => restored(), { interval: 500 }).toBe(50);
    await pay(200);
    // The machine ends here, with its disk.
    child.kill("SIGKILL");
    await service.close();
    for (const end of ["", "-wal", "-shm"]) rmSync(path + end, { force: true });
    const copy = join(folder, "restored.db");
    const kept = await restored(copy);
    expect(kept).toBeGreaterThanOrEqual(50);
    expect(await chequecard(["ledger", "verify", "--file", copy])).toMatchObject({ exitCode: 0 });
    const store = await openSqlite({ path: copy });
    const { node, clock, ports, config: usual } = service;
    const after = new Service(store, node, clock, ports.keys, { payTimeoutMs: usual.payTimeoutMs });
    expect(await after.reconciler.run()).toMatchObject({ unmatched: 250 - kept });
    expect(await after.violations()).toEqual([]);
    await after.close();
  });
});
