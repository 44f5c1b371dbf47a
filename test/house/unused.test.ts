import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "chequecard-unused-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What knip finds in a folder; empty: nothing. */
async function findings(directory: string): Promise<string> {
  const knip = [join(ROOT, "node_modules/knip/bin/knip.js"), "--no-progress", "--directory", directory];
  return await promisify(execFile)(process.execPath, knip).then(
    ({ stdout }) => stdout,
    (failed: { stdout: string; stderr: string }) => failed.stdout + failed.stderr,
  );
}

describe("files and packages", () => {
  it("are all used, exports too, and every package that is used is listed", async () => {
    expect(await findings(ROOT)).toBe("");
  });

  it("are named when they are not", async () => {
    const project = { name: "x", type: "module", main: "index.js", dependencies: { pino: "1.0.0" } };
    writeFileSync(join(folder, "package.json"), JSON.stringify(project));
    writeFileSync(join(folder, "index.js"), 'import "kysely";\n');
    mkdirSync(join(folder, "node_modules"));
    writeFileSync(join(folder, "left.js"), "export {};\n");
    const found = await findings(folder);
    for (const name of ["left.js", "pino", "kysely"]) expect(found).toContain(name);
  });
});
